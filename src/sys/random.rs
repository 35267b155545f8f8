//! Numbers that nobody can foresee: getrandom(2).

use super::call::syscall;
use core::ptr;

/// Makes `number` a random one. It stays as it is where a filter refuses that, or the kernel itself does not know one
/// yet.
pub fn replace(number: &mut u32) {
    // SAFETY: the kernel writes a number, and any bytes are one.
    let _ = unsafe { syscall!(SYS_getrandom, ptr::from_mut(number), size_of::<u32>(), libc::GRND_NONBLOCK) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_becomes_another() {
        let numbers = [(); 4].map(|()| {
            let mut number = 7;
            replace(&mut number);
            number
        });
        assert!(numbers.iter().any(|number| *number != 7));
        assert!(numbers.iter().any(|number| *number != numbers[0]));
    }
}
