// All of them are reported at once.
#[crochet::run_in_reactor]
pub unsafe extern "C" fn function(_text: &str) -> impl Sized {}

fn main() {}
