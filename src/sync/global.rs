//! Statics that are made when they are first looked at; in models, anew for each run.

#[cfg(not(any(loom, shuttle)))]
macro_rules! global {
    (static $name:ident: $type:ty = $init:expr;) => {
        static $name: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $init);
    };
}

#[cfg(loom)]
macro_rules! global {
    (static $name:ident: $type:ty = $init:expr;) => {
        loom::lazy_static! { static ref $name: $type = $init; }
    };
}

#[cfg(shuttle)]
macro_rules! global {
    (static $name:ident: $type:ty = $init:expr;) => {
        shuttle::lazy_static! { static ref $name: $type = $init; }
    };
}

pub(crate) use global;
