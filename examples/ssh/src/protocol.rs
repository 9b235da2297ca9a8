//! The server's side of the protocol for one connection, without I/O: bytes come in, bytes go out,
//! and [`Protocol::progress`] says what there is to do.

use std::fmt;

use sunset::{ChanData, ChanFail, ChanHandle, Event, Runner, ServEvent};

use super::access::Access;
use super::host_key::HostKey;

/// How many wrong passwords end the connection.
pub const MAX_REFUSALS: u32 = 3;

/// One connection.
pub struct Protocol<'a> {
    runner: Runner<'static, sunset::Server>,
    desk: Desk<'a>,
}

/// What comes next on a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// More has to come from the client, when what is to be sent has been sent.
    Starved,
    /// Something is done; there may be more to do.
    Again,
    /// A password was wrong. The answer is ready to be sent, and should wait a while.
    Refused,
    /// Too many passwords were wrong. When the answer has been sent, after a while, the connection
    /// should be closed.
    RefusedForGood,
    /// The user has logged in and wants the prompt.
    Shell(Terminal),
    /// Something was typed, which has to be read before anything else can come.
    Typed,
}

/// What is at the user's end of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Terminal {
    /// A terminal, which leaves it to the server to show what is typed.
    Present,
    /// None: a pipe or a file.
    Absent,
}

impl<'a> Protocol<'a> {
    /// Begins a connection to a server with this key, which those may use whom `access` admits.
    #[must_use]
    pub fn new(host_key: &'a HostKey, access: &'a Access) -> Self {
        Self {
            runner: Runner::new_server_owned(),
            desk: Desk {
                host_key,
                access,
                channel: None,
                terminal: Terminal::Absent,
                shell: false,
                refusals: 0,
            },
        }
    }

    /// Does the next thing there is to do. What is to be sent should have been sent before, so that
    /// there is room for more.
    ///
    /// # Errors
    ///
    /// When the client does not follow the protocol; the connection is of no more use then.
    pub fn progress(&mut self) -> sunset::Result<Progress> {
        if self.runner.read_channel_ready().is_some() {
            return Ok(Progress::Typed);
        }
        let had_packet = !self.runner.is_input_ready();
        match self.runner.progress()? {
            Event::Serv(event) => self.desk.serve(event),
            Event::None if !had_packet => Ok(Progress::Starved),
            Event::None | Event::Progressed | Event::Cli(_) => Ok(Progress::Again),
        }
    }

    /// Takes some of what has come from the client, at least one byte when
    /// [`progress`](Self::progress) was [`Progress::Starved`], and returns how much.
    ///
    /// # Errors
    ///
    /// When the client does not follow the protocol.
    pub fn receive(&mut self, bytes: &[u8]) -> sunset::Result<usize> {
        self.runner.input(bytes)
    }

    /// Returns what is to be sent to the client.
    pub fn to_send(&mut self) -> &[u8] {
        self.runner.output_buf()
    }

    /// Takes note that so many bytes of [`to_send`](Self::to_send) have been sent.
    pub fn sent(&mut self, length: usize) {
        self.runner.consume_output(length);
    }

    /// Reads some of what was typed, and returns how much; zero when nothing has come.
    ///
    /// # Errors
    ///
    /// When the client does not follow the protocol.
    pub fn read(&mut self, buffer: &mut [u8]) -> sunset::Result<usize> {
        match &self.desk.channel {
            Some(channel) if self.runner.read_channel_ready().is_some() => {
                self.runner.read_channel(channel, ChanData::Normal, buffer)
            }
            _ => Ok(0),
        }
    }

    /// Tells whether everything that was typed has been read, and there will be no more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let channel = self.desk.channel.as_ref();
        channel.is_some_and(|channel| self.runner.is_channel_eof(channel))
    }

    /// Makes ready to send some of `bytes` to the user's terminal, and returns how much. Zero means
    /// that a packet has to come before.
    ///
    /// # Errors
    ///
    /// When the channel is not open.
    pub fn write(&mut self, bytes: &[u8]) -> sunset::Result<usize> {
        match &self.desk.channel {
            Some(channel) => self.runner.write_channel(channel, ChanData::Normal, bytes),
            None => Ok(0),
        }
    }
}

/// Decides what a client may have.
struct Desk<'a> {
    host_key: &'a HostKey,
    access: &'a Access,
    /// The one channel that a connection may have.
    channel: Option<ChanHandle>,
    terminal: Terminal,
    shell: bool,
    refusals: u32,
}

impl Desk<'_> {
    fn serve(&mut self, event: ServEvent<'_, '_>) -> sunset::Result<Progress> {
        match event {
            ServEvent::Hostkeys(exchange) => {
                exchange.hostkeys(&[self.host_key.sign_key()])?;
            }
            // The client asks which ways there are to log in.
            ServEvent::FirstAuth(mut question) => {
                question.enable_password_auth(true)?;
                question.reject()?;
            }
            // None was ever on offer.
            ServEvent::PubkeyAuth(offer) => offer.reject()?,
            ServEvent::PasswordAuth(attempt) => {
                let (user, password) = (attempt.raw_username()?, attempt.raw_password()?);
                if self.access.admits(user.0, password.0) {
                    attempt.allow()?;
                } else {
                    attempt.reject()?;
                    return Ok(self.refused());
                }
            }
            ServEvent::OpenSession(open) if self.channel.is_none() => {
                self.channel = Some(open.accept()?);
            }
            ServEvent::OpenSession(open) => {
                open.reject(ChanFail::SSH_OPEN_ADMINISTRATIVELY_PROHIBITED)?;
            }
            ServEvent::SessionPty(request) => {
                request.succeed()?;
                self.terminal = Terminal::Present;
            }
            ServEvent::SessionShell(request) if !self.shell => {
                request.succeed()?;
                self.shell = true;
                return Ok(Progress::Shell(self.terminal));
            }
            ServEvent::SessionShell(request) => request.fail()?,
            ServEvent::SessionExec(request) | ServEvent::SessionSubsystem(request) => {
                request.fail()?;
            }
            ServEvent::SessionEnv(request) => request.fail()?,
            // Comes only after input was declared closed, which it never is here.
            ServEvent::Defunct => return Ok(Progress::Starved),
            ServEvent::Authenticated | ServEvent::PollAgain => {}
        }
        Ok(Progress::Again)
    }

    fn refused(&mut self) -> Progress {
        self.refusals += 1;
        if self.refusals >= MAX_REFUSALS {
            Progress::RefusedForGood
        } else {
            Progress::Refused
        }
    }
}

impl fmt::Debug for Protocol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protocol")
            .field("terminal", &self.desk.terminal)
            .field("refusals", &self.desk.refusals)
            .finish_non_exhaustive()
    }
}
