//! The root of a Merkle tree over digests (RFC 6962, section 2.1): one hash in a trail stands for a hundred certificates.

use sha2::{Digest, Sha256};

/// How many certificates share a root.
pub const LEAVES: usize = 100;

/// The root over these digests, in hex.
pub fn root(digests: &[impl AsRef<str>]) -> String {
    let leaves: Vec<[u8; 32]> = digests.iter().map(|digest| hash(0, &[digest.as_ref().as_bytes()])).collect();
    hex::encode(tree(&leaves))
}

fn tree(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            // The largest power of two that is smaller than their number.
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            hash(1, &[&tree(left), &tree(right)])
        }
    }
}

/// Leaves and nodes begin with different bytes, so that a node is never taken for a leaf.
fn hash(kind: u8, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([kind]);
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: the roots stand in trails.
    #[test]
    fn roots_of_version_1() {
        assert_eq!(root(&[""; 0]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(root(&["a"]), "022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c");
        assert_eq!(root(&["a", "b", "c"]), "36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1");
    }

    #[test]
    fn another_leaf_or_order_is_another_root() {
        assert_ne!(root(&["a", "b", "c"]), root(&["a", "c", "b"]));
        assert_ne!(root(&["a", "b", "c"]), root(&["a", "b", "c", "c"]));
    }
}
