//! What threads of a server hand things over by, under one name: so that the models in `loom-tests/` put their own in
//! its place and see every step of the mailboxes.

pub(super) use crossbeam_channel::{Receiver, Sender, unbounded};
pub(super) use mio::{Registry, Token, Waker};
pub(super) use std::sync::Arc;
