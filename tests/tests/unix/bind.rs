//! Names: their permissions, their removal, stale ones.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net;
use std::path::Path;
use std::time::Duration;

use crochet::net::unix::{Bind, UnixDatagram, UnixListener, UnixStream};
use crochet::{sleep, spawn};
use crochet_tests::backends::on_every_backend;
use crochet_tests::folder::Folder;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_path_has_the_mode_that_was_asked_for_whatever_the_mask() {
    on_every_backend(|| async {
        let folder = Folder::new();
        for (name, wanted) in [("a", 0o600), ("b", 0o666), ("c", 0o777)] {
            let path = folder.path(name);
            let _listener = Bind::new().mode(wanted).listen(&path).unwrap();
            assert_eq!(mode(&path), wanted);
            let path = folder.path(&format!("{name}-datagram"));
            let _socket = Bind::new().mode(wanted).datagram(&path).unwrap();
            assert_eq!(mode(&path), wanted);
        }
    });
}

#[test]
fn a_path_goes_with_its_socket() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let listener = UnixListener::bind(folder.path("s")).unwrap();
        let socket = UnixDatagram::bind(folder.path("d")).unwrap();
        assert_eq!(folder.files(), ["d", "s"]);
        drop((listener, socket));
        assert!(folder.files().is_empty());

        drop(Bind::new().keep_path().listen(folder.path("s")).unwrap());
        assert_eq!(folder.files(), ["s"]);
    });
}

#[test]
fn a_listener_of_the_standard_library_is_taken_over_and_keeps_its_path() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let listener = net::UnixListener::bind(folder.path("s")).unwrap();
        let listener = UnixListener::from_std(listener).unwrap();
        let accepting = spawn(async move { listener.accept().await.unwrap() });
        sleep(Duration::ZERO).await;
        assert!(!accepting.is_finished(), "it waits, and blocks nobody");
        let near = UnixStream::connect(folder.path("s")).await.unwrap();
        let far = accepting.await.unwrap();
        near.write_all(b"x").await.unwrap();
        far.read_exact(&mut [0]).await.unwrap();
        assert_eq!(folder.files(), ["s"]);
    });
}

#[test]
fn what_has_taken_a_paths_place_is_not_removed() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("s");
        let listener = UnixListener::bind(&path).unwrap();
        // The old file is kept, so that the new one cannot have its number.
        fs::rename(&path, folder.path("old")).unwrap();
        fs::write(&path, "precious").unwrap();
        drop(listener);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    });
}

#[test]
fn a_path_that_is_there_is_refused() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("s");
        drop(net::UnixListener::bind(&path).unwrap());
        let refused = UnixListener::bind(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AddrInUse);
        assert_eq!(folder.files(), ["s"]);
    });
}

#[test]
fn a_stale_socket_is_replaced_on_request() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let (stream, datagram) = (folder.path("s"), folder.path("d"));
        drop(net::UnixListener::bind(&stream).unwrap());
        drop(net::UnixDatagram::bind(&datagram).unwrap());
        let bind = Bind::new().replace_stale();
        let listener = bind.listen(&stream).unwrap();
        let socket = bind.datagram(&datagram).unwrap();
        let near = UnixStream::connect(&stream).await.unwrap();
        drop((near, listener.accept().await.unwrap()));
        assert_eq!(folder.files(), ["d", "d.lock", "s", "s.lock"]);
        drop((listener, socket));
        assert!(folder.files().is_empty());
    });
}

#[test]
fn a_socket_that_lives_is_not_replaced() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let bind = Bind::new().replace_stale();
        // One with a lock, one that has to be asked, one whose queue is full, one of another kind.
        let _locked = bind.listen(folder.path("a")).unwrap();
        let asked = net::UnixListener::bind(folder.path("b")).unwrap();
        let _full = Bind::new().backlog(0).listen(folder.path("c")).unwrap();
        let _near = UnixStream::connect(folder.path("c")).await.unwrap();
        let _other = net::UnixDatagram::bind(folder.path("d")).unwrap();
        fs::write(folder.path("e"), "no socket").unwrap();
        for name in ["a", "b", "c", "d", "e"] {
            let refused = bind.listen(folder.path(name)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::AddrInUse, "{name}");
        }
        assert_eq!(folder.files(), ["a", "a.lock", "b", "c", "d", "e"]);
        drop(asked);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_leaves_no_file() {
    use std::os::linux::net::SocketAddrExt;

    use crochet::net::unix::SocketAddr;

    on_every_backend(|| async {
        let name = format!("crochet test {}\0 with a zero", std::process::id());
        let name = SocketAddr::from_abstract_name(&name).unwrap();
        let listener = Bind::new().listen_addr(&name).unwrap();
        assert_eq!(
            listener.local_addr().unwrap().as_abstract_name(),
            name.as_abstract_name()
        );
        let refused = Bind::new().listen_addr(&name).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AddrInUse);
        let near = UnixStream::connect_addr(&name).await.unwrap();
        let far = listener.accept().await.unwrap();
        near.write_all(b"x").await.unwrap();
        far.read_exact(&mut [0]).await.unwrap();
    });
}

#[test]
fn a_path_that_cannot_be_looked_at_is_not_left_behind() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let before = std::env::current_dir().unwrap();
        std::env::set_current_dir(&folder).unwrap();
        let part = "d".repeat(99);
        // So deep that a short name there is too long with all that is before it.
        while std::env::current_dir().unwrap().as_os_str().len() < 3996 {
            fs::create_dir(&part).unwrap();
            std::env::set_current_dir(&part).unwrap();
        }
        let refused = UnixListener::bind("s".repeat(100)).unwrap_err();
        let left = fs::read_dir(".").unwrap().count();
        std::env::set_current_dir(before).unwrap();
        assert_eq!(refused.raw_os_error(), Some(libc::ENAMETOOLONG));
        assert_eq!(left, 0);
    });
}
