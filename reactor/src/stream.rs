//! What the streams of this crate share.

use std::io;

/// Writes all of `buf` by `write`, which writes a part of what it is given.
pub(crate) async fn write_all(
    buf: &[u8],
    mut write: impl AsyncFnMut(&[u8]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut rest = buf;
    while !rest.is_empty() {
        match write(rest).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            length => rest = &rest[length..],
        }
    }
    Ok(())
}

/// Lets types read as something that they lead to does, which reads through a shared reference.
macro_rules! forward_read {
    ($($type:ty),+; |$this:ident| $inner:expr) => {$(
        impl ::futures_io::AsyncRead for $type {
            fn poll_read(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buf: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let $this = &*self;
                let mut inner = $inner;
                ::futures_io::AsyncRead::poll_read(::std::pin::Pin::new(&mut inner), cx, buf)
            }

            fn poll_read_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bufs: &mut [::std::io::IoSliceMut<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let $this = &*self;
                let mut inner = $inner;
                ::futures_io::AsyncRead::poll_read_vectored(
                    ::std::pin::Pin::new(&mut inner),
                    cx,
                    bufs,
                )
            }
        }
    )+};
}
pub(crate) use forward_read;

/// Lets types write as something that they lead to does, which writes through a shared reference.
macro_rules! forward_write {
    ($($type:ty),+; |$this:ident| $inner:expr) => {$(
        impl ::futures_io::AsyncWrite for $type {
            fn poll_write(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buf: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let $this = &*self;
                let mut inner = $inner;
                ::futures_io::AsyncWrite::poll_write(::std::pin::Pin::new(&mut inner), cx, buf)
            }

            fn poll_write_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bufs: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let $this = &*self;
                let mut inner = $inner;
                ::futures_io::AsyncWrite::poll_write_vectored(
                    ::std::pin::Pin::new(&mut inner),
                    cx,
                    bufs,
                )
            }

            fn poll_flush(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                let $this = &*self;
                let mut inner = $inner;
                ::futures_io::AsyncWrite::poll_flush(::std::pin::Pin::new(&mut inner), cx)
            }

            fn poll_close(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                let $this = &*self;
                let mut inner = $inner;
                ::futures_io::AsyncWrite::poll_close(::std::pin::Pin::new(&mut inner), cx)
            }
        }
    )+};
}
pub(crate) use forward_write;
