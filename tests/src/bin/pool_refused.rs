//! Programs whose thread pool needs threads that the system refuses. The argument names one.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::env;
    use std::io;
    use std::sync::mpsc;
    use std::time::Duration;

    use crochet::{JoinError, PoolError, Reactor, ThreadPool, WaitError};
    use crochet_tests::child::say;
    use crochet_tests::executor::block_on;
    use crochet_tests::jobs::Busy;
    use crochet_tests::program::limit;

    /// How long a job waits for another that nobody may begin.
    const LIMIT: Duration = Duration::from_secs(5);

    pub(crate) fn main() {
        limit();
        let settings = Reactor::builder().pool_size(1);
        crochet::setup_with(&settings).expect("a reactor");
        let pool = crochet::thread_pool().expect("there is a reactor");
        let name = env::args().nth(1).expect("an argument names the program");
        match name.as_str() {
            "later" => waits_for(&pool, || crochet::wait_for(LIMIT, next_job)),
            "earlier" => waits_for(&pool, || {
                // It waits already when this job begins to.
                let next = next_job();
                crochet::wait_for(LIMIT, move || next)
            }),
            "larger" => becomes_larger(&pool),
            _ => panic!("the program exists"),
        }
        say("the system refused a thread");
    }

    fn next_job() -> crochet::DeferToThread<()> {
        crochet::defer_to_thread(|| ())
    }

    /// Hands the pool's one thread a job that waits for another.
    fn waits_for(pool: &ThreadPool, wait: fn() -> Result<Result<(), JoinError>, WaitError>) {
        let (allow, allowed) = mpsc::channel();
        let (tell, begun) = mpsc::channel();
        let job = pool.defer(move || {
            tell.send(()).expect("the program waits");
            allowed.recv().expect("the program lets it go on");
            wait()
        });
        begun.recv().expect("it begins");
        refuse_threads();
        allow.send(()).expect("it waits");
        let waited = block_on(job).expect("no panic");
        let refused = waited.expect("it is told before its time is up");
        assert!(
            matches!(refused, Err(JoinError::Refused(PoolError::Thread(_)))),
            "{refused:?}"
        );
        // The thread that there is goes on.
        block_on(pool.defer(|| ())).expect("it is done");
    }

    /// Allows more jobs at a time than there can be threads.
    fn becomes_larger(pool: &ThreadPool) {
        let busy = Busy::begin_in(pool);
        let waiting = [pool.defer(|| 1), pool.defer(|| 2)];
        refuse_threads();
        pool.set_size(3);
        assert_eq!(pool.stats().workers, 1);
        busy.end();
        let done = waiting.map(|job| block_on(job).expect("the one thread does it"));
        assert_eq!(done, [1, 2]);
    }

    /// Has the system refuse each further thread of this process, as it does when there are as many as may be.
    fn refuse_threads() {
        const NUMBER_OF_CALL: u32 = 0;
        let refusal =
            libc::SECCOMP_RET_ERRNO | u32::try_from(libc::EAGAIN).expect("a small number");
        let mut filter = [
            load(NUMBER_OF_CALL),
            skip_if(libc::SYS_clone, 2),
            skip_if(libc::SYS_clone3, 1),
            answer(libc::SECCOMP_RET_ALLOW),
            answer(refusal),
        ];
        let program = libc::sock_fprog {
            len: filter.len().try_into().expect("a short one"),
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: this changes a flag of the process.
        let refused = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
        assert_eq!(refused, 0, "{}", io::Error::last_os_error());
        // SAFETY: the system reads the filter, which lives as long as the call; it refuses two system calls, as the
        // system may at any time.
        let refused = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                libc::SECCOMP_FILTER_FLAG_TSYNC,
                &raw const program,
            )
        };
        assert_eq!(refused, 0, "{}", io::Error::last_os_error());
    }

    fn load(offset: u32) -> libc::sock_filter {
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, offset)
    }

    fn skip_if(call: libc::c_long, instructions: u8) -> libc::sock_filter {
        let call = call.try_into().expect("a number of a system call");
        instruction(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            instructions,
            call,
        )
    }

    fn answer(action: u32) -> libc::sock_filter {
        instruction(libc::BPF_RET | libc::BPF_K, 0, action)
    }

    fn instruction(code: u32, jt: u8, k: u32) -> libc::sock_filter {
        libc::sock_filter {
            code: code.try_into().expect("a short one"),
            jt,
            jf: 0,
            k,
        }
    }
}
