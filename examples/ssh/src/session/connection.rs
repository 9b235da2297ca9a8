//! The bytes of one connection: what comes, what goes, and what has been typed but not looked at.

use std::collections::VecDeque;
use std::io;
use std::net::Shutdown;
use std::ops::Range;
use std::time::Duration;

use crochet::net::TcpStream;
use futures_lite::future;

use crate::error::SessionError;
use crate::protocol::{Progress, Protocol, Terminal};

/// How long a wrong password takes to be refused.
const REFUSAL_DELAY: Duration = Duration::from_secs(1);

/// How long the client may take to read something.
const STALL: Duration = Duration::from_secs(60);

/// How long an evaluation may take before it is watched for control-C.
const FIRST_LOOK: Duration = Duration::from_millis(100);

/// How much may be typed, or pasted, before it is looked at.
const AHEAD: usize = 64 * 1024;

const CHUNK: usize = 4096;

const INTERRUPT: u8 = 0x03;

pub(super) struct Connection<'a> {
    stream: TcpStream,
    protocol: Protocol<'a>,
    received: Box<[u8; CHUNK]>,
    /// The part of `received` that the protocol has not taken.
    pending: Range<usize>,
    typed: VecDeque<u8>,
}

impl<'a> Connection<'a> {
    pub(super) fn new(stream: TcpStream, protocol: Protocol<'a>) -> Self {
        Self {
            stream,
            protocol,
            received: Box::new([0; CHUNK]),
            pending: 0..0,
            typed: VecDeque::new(),
        }
    }

    /// Waits until the user has logged in and wants the prompt. Returns nothing when the client
    /// closes the connection instead.
    pub(super) async fn log_in(&mut self) -> Result<Option<Terminal>, SessionError> {
        while let Some(progress) = self.advance().await? {
            match progress {
                Progress::Starved | Progress::Again => {}
                Progress::Refused => crochet::sleep(REFUSAL_DELAY).await,
                Progress::RefusedForGood => {
                    crochet::sleep(REFUSAL_DELAY).await;
                    self.flush().await?;
                    return Err(SessionError::Refused);
                }
                Progress::Shell(terminal) => return Ok(Some(terminal)),
                Progress::Typed => return Err(SessionError::Flood),
            }
        }
        Ok(None)
    }

    /// Waits until [`next_typed`](Self::next_typed) has something. Returns false when nothing more
    /// will be typed.
    pub(super) async fn wait_for_typed(&mut self) -> Result<bool, SessionError> {
        loop {
            self.take_typed()?;
            if !self.typed.is_empty() {
                return Ok(true);
            }
            if self.protocol.has_ended() || self.advance().await?.is_none() {
                return Ok(false);
            }
        }
    }

    /// Takes the next byte of what has been typed.
    pub(super) fn next_typed(&mut self) -> Option<u8> {
        self.typed.pop_front()
    }

    /// Waits until the user has typed control-C or is gone. What was typed before it is forgotten.
    ///
    /// It begins to look only after a while. If the end of the input comes, the library at once
    /// sends the end of the output; a client whose input was a file would miss the answers.
    pub(super) async fn interrupted(&mut self) -> Result<(), SessionError> {
        crochet::sleep(FIRST_LOOK).await;
        loop {
            self.take_typed()?;
            if let Some(at) = self.typed.iter().rposition(|&byte| byte == INTERRUPT) {
                self.typed.drain(..=at);
                return Ok(());
            }
            if self.typed.len() == AHEAD {
                // Nothing more is read before this has been looked at; the client has to wait.
                return future::pending().await;
            }
            if self.advance().await?.is_none() {
                return Ok(());
            }
        }
    }

    /// Sends `bytes` to the user's terminal, and waits while the client has no room for them.
    ///
    /// What is typed meanwhile is kept. When the end of the input comes meanwhile, the rest cannot
    /// be sent.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> Result<(), SessionError> {
        while !bytes.is_empty() {
            let written = self.protocol.write(bytes)?;
            bytes = &bytes[written..];
            if written > 0 {
                self.flush().await?;
                continue;
            }
            // The client has to say that it has room. Packets come in order, so what was typed
            // before that is in the way.
            self.take_typed()?;
            if self.typed.len() == AHEAD {
                return Err(SessionError::Flood);
            }
            let advanced = crochet::timeout(STALL, self.advance()).await;
            let advanced = advanced.map_err(|_| SessionError::Stuck)??;
            // At the end of the input the library has told the client that there is no more
            // output, so the client would not take any.
            if advanced.is_none() || self.protocol.has_ended() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        Ok(())
    }

    /// Sends nothing more, and waits until the client closes the connection. Closing it with
    /// something unread could lose what was sent last.
    pub(super) async fn finish(&mut self) -> Result<(), SessionError> {
        self.flush().await?;
        self.stream.shutdown(Shutdown::Write)?;
        while self.stream.read(&mut self.received[..]).await? > 0 {}
        Ok(())
    }

    /// Sends what is to be sent and does the next thing, if need be when more has come. Returns
    /// nothing when the client has closed the connection.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost when the future is dropped: what has come is in `received` until the
    /// protocol has taken it.
    async fn advance(&mut self) -> Result<Option<Progress>, SessionError> {
        self.flush().await?;
        let progress = self.protocol.progress()?;
        if progress == Progress::Starved && self.protocol.to_send().is_empty() {
            if self.pending.is_empty() {
                let length = self.stream.read(&mut self.received[..]).await?;
                if length == 0 {
                    return Ok(None);
                }
                self.pending = 0..length;
            }
            let taken = self
                .protocol
                .receive(&self.received[self.pending.clone()])?;
            self.pending.start += taken;
        }
        Ok(Some(progress))
    }

    async fn flush(&mut self) -> Result<(), SessionError> {
        loop {
            let bytes = self.protocol.to_send();
            if bytes.is_empty() {
                return Ok(());
            }
            let written = crochet::timeout(STALL, self.stream.write(bytes)).await;
            let written = written.map_err(|_| SessionError::Stuck)??;
            self.protocol.sent(written);
        }
    }

    /// Takes over what has been typed, as far as there is room.
    fn take_typed(&mut self) -> Result<(), SessionError> {
        let mut chunk = [0; CHUNK];
        loop {
            let room = AHEAD - self.typed.len();
            let length = self.protocol.read(&mut chunk[..room.min(CHUNK)])?;
            if length == 0 {
                return Ok(());
            }
            self.typed.extend(&chunk[..length]);
        }
    }
}
