//! The reactor's own edges, as the core's support for models takes them.

use crochet_reactor::model::{self, Edge};

use super::support::Weaken;

impl Weaken for Edge {
    fn weaken(&self) {
        model::weaken(*self);
    }

    fn restore(&self) {
        model::restore();
    }
}
