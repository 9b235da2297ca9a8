//! One connection, from the first byte to the last.

mod connection;
mod evaluator;

use std::time::Duration;

use crochet::net::TcpStream;

use self::connection::Connection;
use self::evaluator::Evaluator;
use super::editor::{Editor, Typed};
use super::error::SessionError;
use super::prompt::Answer;
use super::protocol::{Protocol, Terminal};
use super::server::Service;

/// How long a user may take to log in.
const LOGIN_TIME: Duration = Duration::from_secs(60);

/// How long a client may take to close a connection that is at its end.
const LEAVING_TIME: Duration = Duration::from_secs(2);

const GREETING: &str = "You are in the running program: its objects are in app.\n\
                        help tells what can be done here.\n";
const PROMPT: &str = ">>> ";

/// Serves the connection until the user leaves or the client closes it.
///
/// # Errors
///
/// [`SessionError`].
///
/// # Cancellation
///
/// Dropping the future closes the connection, and halts what is being evaluated.
pub async fn serve(stream: TcpStream, service: &Service) -> Result<(), SessionError> {
    let protocol = Protocol::new(service.host_key(), service.access());
    let mut connection = Connection::new(stream, protocol);
    let logged_in = crochet::timeout(LOGIN_TIME, connection.log_in()).await;
    let Some(terminal) = logged_in.map_err(|_| SessionError::TooSlow)?? else {
        return Ok(());
    };
    let mut session = Session {
        connection,
        terminal,
        editor: Editor::default(),
        echo: Vec::new(),
        evaluator: Evaluator::new(service),
    };
    session.run().await?;
    let leaving = session.connection.finish();
    // A client that takes longer loses the connection all the same.
    crochet::timeout(LEAVING_TIME, leaving)
        .await
        .unwrap_or(Ok(()))
}

/// A session whose user has logged in.
struct Session<'a> {
    connection: Connection<'a>,
    terminal: Terminal,
    editor: Editor,
    /// What the terminal has still to be sent for what was typed.
    echo: Vec<u8>,
    evaluator: Evaluator<'a>,
}

impl Session<'_> {
    /// Answers line after line until the user leaves, or the client has nothing more to send.
    async fn run(&mut self) -> Result<(), SessionError> {
        if self.terminal == Terminal::Present {
            self.show(GREETING).await?;
        }
        self.prompt().await?;
        while self.connection.wait_for_typed().await? {
            while let Some(byte) = self.connection.next_typed() {
                let Some(typed) = self.editor.feed(byte, &mut self.echo) else {
                    continue;
                };
                self.show_echo().await?;
                match typed {
                    Typed::Line(line) => match self.answer(line).await? {
                        Answer::Text(text) => self.show(&text).await?,
                        Answer::Leave => return Ok(()),
                    },
                    Typed::Interrupt => {}
                    Typed::End => return Ok(()),
                }
                self.prompt().await?;
            }
            self.show_echo().await?;
        }
        Ok(())
    }

    async fn answer(&mut self, line: String) -> Result<Answer, SessionError> {
        match self.terminal {
            Terminal::Present => {
                let interrupted = self.connection.interrupted();
                self.evaluator.answer(line, interrupted).await
            }
            // There is no control-C to look out for.
            Terminal::Absent => {
                let never = futures_lite::future::pending();
                self.evaluator.answer(line, never).await
            }
        }
    }

    /// Asks for a line, where there is somebody to see it.
    async fn prompt(&mut self) -> Result<(), SessionError> {
        match self.terminal {
            Terminal::Present => self.show(PROMPT).await,
            Terminal::Absent => Ok(()),
        }
    }

    async fn show(&mut self, text: &str) -> Result<(), SessionError> {
        match self.terminal {
            Terminal::Present => {
                let text = text.replace('\n', "\r\n");
                self.connection.write(text.as_bytes()).await
            }
            Terminal::Absent => self.connection.write(text.as_bytes()).await,
        }
    }

    /// Shows what was typed, where the terminal does not do so itself.
    async fn show_echo(&mut self) -> Result<(), SessionError> {
        if self.terminal == Terminal::Present {
            self.connection.write(&self.echo).await?;
        }
        self.echo.clear();
        Ok(())
    }
}
