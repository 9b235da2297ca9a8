// All of them are reported at once.
#[crochet::run_in_reactor]
pub unsafe extern "C" fn function(_text: &str) -> impl Future {
    std::future::ready(1)
}

#[crochet::wait_for(timeout = "5", retries = 3, nested, 5.0)]
const fn arguments_too() {}

fn main() {}
