//! How a process ends that has used SQLCipher.
//!
//! SQLCipher 4.10 registers a handler that frees its private heap when the process exits. A connection of sqlx closes on a
//! thread of its own, which nobody can wait for if it was dropped rather than closed; if it closes in that very moment, it
//! uses freed memory (`sqlite3FreeCodecArg`), and a process whose work was done dies of a signal. So the process leaves
//! before that handler runs: everything that was committed is on the disk, and the system takes the memory back. glibc only.
#![allow(unsafe_code)] // the C library's way to be told of the exit

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::Once;

unsafe extern "C" {
    fn on_exit(handler: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    fn fflush(stream: *mut c_void) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// Has the process leave before SQLCipher clears up. To be called once SQLCipher has registered its own handler: handlers
/// run in the reverse order.
pub(crate) fn before_sqlcipher_clears_up() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the handler is a function that lives as long as the process and needs no argument. If it cannot be
        // registered, the process ends as it did before.
        unsafe { on_exit(on_leaving, null_mut()) };
    });
}

extern "C" fn on_leaving(status: c_int, _argument: *mut c_void) {
    leave(status)
}

/// Ends the process now, without the handlers that libraries have registered for its exit: a thread that still works for one
/// of them (a second decode, a connection that closes) would find its memory freed. Rust's own streams must be flushed.
pub fn leave(status: i32) -> ! {
    // SAFETY: a null stream stands for all of C's streams. `_exit` may be called at any time.
    unsafe {
        fflush(null_mut());
        _exit(status)
    }
}
