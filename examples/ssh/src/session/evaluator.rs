//! Evaluates a session's lines in the reactor's thread pool.

use std::future::Future;

use crochet::JoinError;
use futures_lite::future;

use crate::error::SessionError;
use crate::prompt::{Answer, Halt, Prompt};
use crate::server::Service;

/// Has the session's prompt, except while a thread of the pool has it.
pub(super) struct Evaluator<'a> {
    service: &'a Service,
    /// None before the first line, and after a panic: a prompt is made where it is used, because
    /// that takes a while.
    prompt: Option<Prompt>,
    halt: Halt,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(service: &'a Service) -> Self {
        Self {
            service,
            prompt: None,
            halt: Halt::default(),
        }
    }

    /// Returns what `line` comes to. When `interrupted` is ready first, that is soon.
    ///
    /// # Errors
    ///
    /// The error of `interrupted`, or that the pool does not evaluate any more.
    ///
    /// # Cancellation
    ///
    /// Dropping the future halts the evaluation.
    pub(super) async fn answer(
        &mut self,
        line: String,
        interrupted: impl Future<Output = Result<(), SessionError>>,
    ) -> Result<Answer, SessionError> {
        self.halt.withdraw();
        let objects = self.service.objects().clone();
        let halts = [self.halt.clone(), self.service.closing().clone()];
        let prompt = self.prompt.take();
        let _halted = HaltOnDrop(&self.halt);
        let mut job = crochet::defer_to_thread(move || {
            let mut prompt = prompt.unwrap_or_else(|| Prompt::new(objects, halts));
            let answer = prompt.answer(&line);
            (prompt, answer)
        });
        let first = future::or(async { Ok(Some((&mut job).await)) }, async {
            interrupted.await.map(|()| None)
        });
        let ended = match first.await? {
            Some(ended) => ended,
            None => {
                self.halt.request();
                job.await
            }
        };
        match ended {
            Ok((prompt, answer)) => {
                self.prompt = Some(prompt);
                Ok(answer)
            }
            Err(JoinError::Panicked(panic)) => Ok(Answer::Text(format!(
                "error: the evaluation panicked: {panic}\n"
            ))),
            Err(error) => Err(SessionError::Evaluation(error)),
        }
    }
}

/// Lets nothing be evaluated whose answer nobody waits for.
struct HaltOnDrop<'a>(&'a Halt);

impl Drop for HaltOnDrop<'_> {
    fn drop(&mut self) {
        self.0.request();
    }
}
