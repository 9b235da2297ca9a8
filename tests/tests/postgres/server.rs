//! A PostgreSQL server of the tests' own, in a scratch folder.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::{env, ffi::OsStr, fs};

use crochet_tests::folder::Folder;
use crochet_tests::program;

/// A server that listens on a Unix socket alone, and ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: Option<JoinHandle<()>>,
    folder: Folder,
}

/// Returns the server that the running tests share, starting it for the first of them; `None` where
/// PostgreSQL is not installed and need not be.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn server() -> Option<Arc<Server>> {
    static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = running.upgrade() {
        return Some(server);
    }
    let Some(installed) = Installed::find() else {
        let required = env::var_os("CROCHET_REQUIRE_PEERS");
        assert_ne!(
            required.as_deref(),
            Some(OsStr::new("1")),
            "PostgreSQL is not installed, and is required"
        );
        eprintln!("skipped: PostgreSQL is not installed");
        return None;
    };
    let server = Arc::new(Server::start(&installed));
    *running = Arc::downgrade(&server);
    Some(server)
}

impl Server {
    fn start(installed: &Installed) -> Self {
        let folder = Folder::new();
        if let Some((user, group)) = installed.user {
            chown(folder.as_ref(), Some(user), Some(group)).expect("root may give it away");
        }
        let data = folder.path("data");
        let made = installed
            .command("initdb", folder.as_ref())
            .args(["--username=postgres", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--no-locale", "--pgdata"])
            .arg(&data)
            .output()
            .expect("it starts");
        assert!(made.status.success(), "{made:?}");
        let mut child = installed
            .command("postgres", folder.as_ref())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(folder.as_ref())
            .arg("-D")
            .arg(&data)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut told = Vec::new();
        loop {
            let line = log.next().unwrap_or_else(|| panic!("it ended: {told:?}"));
            told.push(line.expect("text"));
            if told.last().is_some_and(|line| line.contains("is ready to")) {
                break;
            }
        }
        // Read to the end, so that the pipe never fills up.
        let log = thread::spawn(move || log.for_each(|line| drop(line.expect("text"))));
        let log = Some(log);
        Self { child, log, folder }
    }

    /// Returns the path of the socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path(".s.PGSQL.5432")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its fast shutdown, which does not wait for clients.
        program::send(
            self.child.id().try_into().expect("ids are small"),
            libc::SIGINT,
        );
        self.child.wait().expect("the server ends");
        if let Some(log) = self.log.take() {
            log.join().expect("the log is text");
        }
    }
}

/// Where PostgreSQL's programs are, and who may run them.
struct Installed {
    programs: PathBuf,
    /// The server refuses to run as root.
    user: Option<(u32, u32)>,
}

impl Installed {
    fn find() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        // Debian keeps them where no search path leads.
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let versions = versions.map(|version| version.expect("a folder").path().join("bin"));
        let programs = env::split_paths(&path)
            .chain(versions)
            .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())?;
        // SAFETY: it only asks for a number.
        let is_root = unsafe { libc::geteuid() } == 0;
        let user = if is_root {
            Some(user("postgres")?)
        } else {
            None
        };
        Some(Self { programs, user })
    }

    fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.programs.join(program));
        // A folder that the other user may be in.
        command.current_dir(folder);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

/// Returns the numbers of a user and its group.
fn user(name: &str) -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").expect("every system has it");
    users.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        let [found, _, user, group, ..] = fields[..] else {
            return None;
        };
        (found == name).then(|| {
            let number = |text: &str| text.parse().expect("a number");
            (number(user), number(group))
        })
    })
}
