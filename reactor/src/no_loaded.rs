//! Systems whose loader cannot be told to keep a library: there a plug-in that has made a reactor
//! must not be unloaded.

pub(crate) fn stay() {}
