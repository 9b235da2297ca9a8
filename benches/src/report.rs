//! Puts figures into words: a table for people, JSON for programs.

pub mod json;
pub mod output;
pub mod plot;
pub mod scale;
pub mod table;
pub mod versions;
