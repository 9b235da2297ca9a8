//! Systems without an exit hook: there the reactor's thread ends with the process.

pub(crate) fn stop_at_exit() {}
