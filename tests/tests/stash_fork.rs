//! The stash and forked children: what a process stashes is its own.
#![cfg(unix)]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crochet::{
    EventualResult, OnFork, ResultId, RetrieveError, StashStats, on_fork, retrieve_result,
    stash_stats,
};
use crochet_tests::{LONG, forked, logs, start};

fn stash(text: &'static str) -> ResultId {
    let (setter, result) = EventualResult::<(), &str>::pair();
    setter.set(Err(text)).expect("somebody waits");
    result.stash()
}

#[test]
fn each_process_has_a_stash_of_its_own() {
    start();
    on_fork(OnFork::Restart);
    let parents = stash("of the parent");
    let ids: Vec<ResultId> = (0..2)
        .map(|_| {
            let (mut tell, mut told) = UnixStream::pair().expect("two sockets");
            let child = forked::fork(|| {
                assert_eq!(stash_stats(), StashStats::default());
                let unknown = retrieve_result::<(), &str>(parents);
                assert!(matches!(unknown, Err(RetrieveError::Unknown)));
                let id = stash("of a child");
                tell.write_all(id.to_string().as_bytes())
                    .expect("the parent reads");
                assert!(retrieve_result::<(), &str>(id).unwrap().wait(LONG).is_err());
                logs::assert_none("of the parent");
            });
            drop(tell);
            let mut text = String::new();
            told.read_to_string(&mut text).expect("the child tells");
            child.assert_ends_well();
            text.parse().expect("an id")
        })
        .collect();
    // Siblings inherit the same randomness; an id of one that is shown to the other is to be unknown.
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        let unknown = retrieve_result::<(), &str>(id);
        assert!(matches!(unknown, Err(RetrieveError::Unknown)));
    }
    let result = retrieve_result::<(), &str>(parents).expect("the parent's is there");
    assert!(result.wait(LONG).is_err());
    logs::assert_none("of the parent");
}
