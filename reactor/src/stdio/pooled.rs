//! Standard files that are read and written in the thread pool.

use std::fs::File;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::pool::{DeferToThread, defer_to_thread};

/// How many bytes one job reads or writes at most.
const LIMIT: usize = 64 * 1024;

/// A file with one job at a time.
pub(super) struct PooledReader {
    file: Arc<File>,
    job: Option<DeferToThread<io::Result<Vec<u8>>>>,
    /// What a job has read and nobody has taken, from its end.
    left: Vec<u8>,
}

impl PooledReader {
    pub(super) fn new(file: File) -> Self {
        Self {
            file: Arc::new(file),
            job: None,
            left: Vec::new(),
        }
    }

    /// Reads no more than was asked for: what is left belongs to whoever else has the file.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.left.is_empty() {
            let file = &self.file;
            let job = self.job.get_or_insert_with(|| {
                let (file, length) = (Arc::clone(file), buf.len().min(LIMIT));
                defer_to_thread(move || read(&file, length))
            });
            let done = ready!(Pin::new(job).poll(cx));
            self.job = None;
            self.left = done.map_err(io::Error::other)??;
            self.left.reverse();
        }
        let length = self.left.len().min(buf.len());
        let rest = self.left.len() - length;
        let taken = self.left.drain(rest..).rev();
        for (place, byte) in buf.iter_mut().zip(taken) {
            *place = byte;
        }
        Poll::Ready(Ok(length))
    }
}

fn read(mut file: &File, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    loop {
        match file.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(length) => {
                bytes.truncate(length);
                return Ok(bytes);
            }
        }
    }
}

/// A file with one job at a time, whose end the next one waits for.
pub(super) struct PooledWriter {
    file: Arc<File>,
    job: Option<DeferToThread<io::Result<()>>>,
}

impl PooledWriter {
    pub(super) fn new(file: File) -> Self {
        let file = Arc::new(file);
        Self { file, job: None }
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(cx))?;
        let bytes = buf[..buf.len().min(LIMIT)].to_vec();
        let (length, file) = (bytes.len(), Arc::clone(&self.file));
        self.job = Some(defer_to_thread(move || (&*file).write_all(&bytes)));
        Poll::Ready(Ok(length))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(job) = &mut self.job else {
            return Poll::Ready(Ok(()));
        };
        let done = ready!(Pin::new(job).poll(cx));
        self.job = None;
        Poll::Ready(done.map_err(io::Error::other)?)
    }
}
