//! A wheel beyond 4 GiB, as Python's `zipfile` writes it.
#![cfg(feature = "full")]

use tests::{Sandbox, finish, pythons};

use crate::audit::wheels::{TORCH, torch};
use crate::audit::{codes, put};

/// Packs the wheel again with a member of zeros in front, which take no place on the disk, so that its size, and where all
/// others begin, are told by fields of ZIP64.
const ENLARGE: &str = r#"
import base64, hashlib, io, sys, zipfile

ZEROS = bytes(1 << 24)
COUNT = (4 << 30) // len(ZEROS) + 1

class Sparse(io.FileIO):
    def write(self, data):
        return self.seek(len(data), io.SEEK_CUR) and len(data) if data is ZEROS else super().write(data)

small, large = sys.argv[1:]
digest = hashlib.sha256()
with zipfile.ZipFile(small) as source, zipfile.ZipFile(Sparse(large, "w+"), "w") as target:
    with target.open("torch/lib/zeros.bin", "w", force_zip64=True) as member:
        for _ in range(COUNT):
            member.write(ZEROS)
            digest.update(ZEROS)
    for info in source.infolist():
        content = source.read(info)
        if info.filename.endswith("/RECORD"):
            of_zeros = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
            content += f"torch/lib/zeros.bin,sha256={of_zeros},{COUNT * len(ZEROS)}\n".encode()
        target.writestr(info, content)
"#;

#[test]
fn beyond_4_gib() {
    let sandbox = Sandbox::new();
    put(&sandbox, TORCH, &torch().pack());
    let (small, large) = (sandbox.path("small.whl"), sandbox.path("dist").join(TORCH));
    std::fs::rename(&large, &small).unwrap();
    finish(sandbox.command(&pythons().last().unwrap().path).args(["-c", ENLARGE]).args([&small, &large])).expect(0);
    assert!(std::fs::metadata(&large).unwrap().len() > 4 << 30);
    let (found, report) = codes(&sandbox, &[]);
    assert_eq!(found, Vec::<String>::new(), "{report:#}");
}
