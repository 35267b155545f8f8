//! Sets of process IDs.

use crate::sys::memory;
use crate::sys::types::Pid;

/// A bit for each process ID. Where the kernel refuses the memory, nothing stays in it.
pub struct PidSet {
    bits: &'static mut [u8],
    /// No ID in the set is in a byte before this one.
    lowest: usize,
}

impl PidSet {
    /// Two that are empty. Both have memory or none has: what goes from one to the other must not come back as new.
    pub fn pair() -> (Self, Self) {
        let bits = memory::zeroed(Pid::LIMIT as usize / 8 * 2);
        let (first, second) = bits.split_at_mut(bits.len() / 2);
        (Self { bits: first, lowest: 0 }, Self { bits: second, lowest: 0 })
    }

    /// Whether anything stays in it.
    pub fn has_memory(&self) -> bool {
        !self.bits.is_empty()
    }

    /// Adds `pid`; returns whether it is new, which without memory each is.
    pub fn insert(&mut self, pid: Pid) -> bool {
        let (index, bit) = position_of(pid);
        self.lowest = self.lowest.min(index);
        self.bits.get_mut(index).is_none_or(|byte| {
            let is_new = *byte & bit == 0;
            *byte |= bit;
            is_new
        })
    }

    /// Whether `pid` is in it.
    pub fn contains(&self, pid: Pid) -> bool {
        let (index, bit) = position_of(pid);
        self.bits.get(index).is_some_and(|byte| byte & bit != 0)
    }

    /// Removes `pid`.
    pub fn remove(&mut self, pid: Pid) {
        let (index, bit) = position_of(pid);
        if let Some(byte) = self.bits.get_mut(index) {
            *byte &= !bit;
        }
    }

    /// Removes the lowest, and returns it.
    pub fn pop(&mut self) -> Option<Pid> {
        loop {
            let byte = self.bits.get_mut(self.lowest)?;
            if *byte != 0 {
                let bit = byte.trailing_zeros();
                *byte &= *byte - 1;
                return Pid::new((self.lowest * 8) as i32 + bit as i32);
            }
            self.lowest += 1;
        }
    }
}

fn position_of(pid: Pid) -> (usize, u8) {
    (pid.number() as usize / 8, 1 << (pid.number() % 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn pid(number: i32) -> Pid {
        Pid::new(number).unwrap()
    }

    /// To find that a set is empty is to look at each byte of it.
    #[test]
    fn a_set_has_a_bit_for_each_process_id_and_no_more() {
        let (set, other) = PidSet::pair();
        assert_eq!([set.bits.len() * 8, other.bits.len() * 8], [Pid::LIMIT as usize; 2]);
    }

    #[test]
    fn what_is_put_in_comes_out_once_and_in_order() {
        let (mut set, mut other) = PidSet::pair();
        let numbers = [1, 2, 7, 8, 9, 300, 30_002, Pid::LIMIT - 1];
        for number in numbers.iter().rev() {
            assert!(set.insert(pid(*number)));
            assert!(!set.insert(pid(*number)));
            assert!(set.contains(pid(*number)));
        }
        set.remove(pid(300));
        assert!(!set.contains(pid(300)));
        let popped: Vec<_> = core::iter::from_fn(|| set.pop()).map(Pid::number).collect();
        assert_eq!(popped, [1, 2, 7, 8, 9, 30_002, Pid::LIMIT - 1]);
        assert_eq!(set.pop(), None);
        assert!(set.insert(pid(5)));
        assert_eq!((set.pop(), set.pop()), (Some(pid(5)), None));
        assert_eq!(other.pop(), None);
    }
}
