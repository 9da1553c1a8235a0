//! Planned changes of any format, as they come; what is understood is applied and judged.

#![no_main]

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    readers::feed("precheck", bytes);
});
