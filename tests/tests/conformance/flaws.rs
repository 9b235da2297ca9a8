//! Flaws of the original that cannot occur here.

use crochet::net::{TcpListener, TcpStream, UdpSocket};
use crochet::{Deferred, DelayedCall, JoinHandle, Reactor, Remote, Resolver};

/// Tells whether values of a type can be sent to another thread.
macro_rules! is_send {
    ($kind:ty) => {{
        struct Probe<T>(std::marker::PhantomData<T>);

        #[allow(dead_code, reason = "some of the types are")]
        trait Otherwise {
            const IS_SEND: bool = false;
        }

        impl<T> Otherwise for Probe<T> {}

        // Found before the trait's, wherever it exists.
        #[allow(dead_code, reason = "most of the types are not")]
        impl<T: Send> Probe<T> {
            const IS_SEND: bool = true;
        }

        <Probe<$kind>>::IS_SEND
    }};
}

#[test]
fn what_belongs_to_a_reactor_stays_on_its_thread() {
    assert!(is_send!(Remote), "made for other threads");
    assert!(!is_send!(Reactor));
    assert!(!is_send!(DelayedCall));
    assert!(!is_send!(Deferred<u8>));
    assert!(!is_send!(Resolver<u8>));
    assert!(!is_send!(JoinHandle<u8>));
    assert!(!is_send!(TcpListener));
    assert!(!is_send!(TcpStream));
    assert!(!is_send!(UdpSocket));
}
