//! Miniature wheels, made here.

use tests::{Ended, Sandbox};

/// Writes a wheel with these requirements below a folder of the sandbox; the same arguments give the same bytes.
pub fn wheel(sandbox: &Sandbox, path: &str, requires: &[&str]) {
    let name = path.rsplit('/').next().unwrap();
    let package = name.split('-').take(2).collect::<Vec<_>>().join("-");
    let mut metadata = format!("Metadata-Version: 2.4\nName: {package}\n");
    metadata.extend(requires.iter().map(|line| format!("Requires-Dist: {line}\n")));
    let files = [(format!("{package}.dist-info/METADATA"), metadata), (format!("{package}.dist-info/RECORD"), String::new())];
    let path = sandbox.path(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, zip(&files)).unwrap();
}

/// The set that most cases begin with, in `dist`: torch, and torchaudio that requires it.
pub fn set(sandbox: &Sandbox) {
    wheel(sandbox, &format!("dist/{TORCH}"), &["filelock", "sympy>=1.13.3"]);
    wheel(sandbox, &format!("dist/{AUDIO}"), &["torch==2.13.0+rocm7.14.0"]);
}

pub const TORCH: &str = "torch-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";
pub const AUDIO: &str = "torchaudio-2.11.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";
pub const DEVICE: &str = "amd_torch_device_gfx942-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";

/// Where the manifest of [`set`] is without and with a ref.
pub const UNKNOWN: &str = "dist/manifests/therock-manifest_torch_py3.12_unknown.json";
pub const NIGHTLY: &str = "dist/manifests/therock-manifest_torch_py3.12_nightly.json";
pub const PARTIAL: &str = "dist/manifests/therock-manifest_torch_py3.12_nightly.partial.json";

/// Flags that make the manifest of [`set`] one with an identity.
pub const FLAGS: [&str; 4] = ["--ref", "nightly", "--gfx", "gfx942"];

/// Runs `manifest generate dist` with these flags more.
pub fn generate(sandbox: &Sandbox, flags: &[&str]) -> Ended {
    sandbox.run(&[&["manifest", "generate", "dist"], flags].concat())
}

/// Checks what a command printed to standard error, and that it printed nothing else.
#[track_caller]
pub fn check_refused(sandbox: &Sandbox, ended: Ended, code: i32, expected: &str) {
    let ended = ended.expect(code);
    assert_eq!((sandbox.plain(&ended.stderr).as_str(), ended.stdout.as_str()), (expected, ""));
}

/// A zip archive whose files are stored as they are.
fn zip(files: &[(String, String)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = bytes.len() as u32;
        let size = content.len() as u32;
        // Version, flags, method, time, date; checksum and both sizes; lengths of name and extra field.
        let mut header: Vec<u8> = [20u16, 0, 0, 0, 33].iter().flat_map(|field| field.to_le_bytes()).collect();
        header.extend([crc32(content.as_bytes()), size, size].iter().flat_map(|field| field.to_le_bytes()));
        header.extend([name.len() as u16, 0].iter().flat_map(|field| field.to_le_bytes()));
        bytes.extend([b"PK\x03\x04", header.as_slice(), name.as_bytes(), content.as_bytes()].concat());
        // The directory has in addition who made it, a comment, disk, attributes and the offset.
        directory.extend([b"PK\x01\x02\x14\x00".as_slice(), &header, &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat());
    }
    let count = (files.len() as u16).to_le_bytes();
    let (size, offset) = ((directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &offset, &[0; 2]].concat());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
