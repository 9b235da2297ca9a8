//! The instruments: each measures one thing and knows nothing of the others.

pub mod affinity;
pub mod alloc;
pub mod clock;
pub mod histogram;
pub mod machine;
pub mod order;
pub mod writes;
