use std::borrow::Cow;
use std::pin::Pin;

use crochet::run_in_reactor;

#[run_in_reactor]
async fn reference(_count: u8, _text: &str) {}

#[run_in_reactor]
async fn inside(_list: Vec<&mut u8>) {}

#[run_in_reactor]
async fn lifetime<'a>(_text: Cow<'a, str>) {}

#[run_in_reactor]
async fn placeholder(_text: Cow<'_, str>) {}

struct Structure;

impl Structure {
    #[run_in_reactor]
    async fn shared(&self) {}

    #[run_in_reactor]
    async fn exclusive(&mut self) {}

    #[run_in_reactor]
    async fn typed(self: Pin<&mut Self>) {}
}

fn main() {}
