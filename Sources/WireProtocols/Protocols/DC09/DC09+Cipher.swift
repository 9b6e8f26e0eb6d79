import Crypto
import CryptoExtras
import FoundationEssentials

/// AES-CBC as DC-09 uses it: the vector of the start is all zero, and the padding is the protocol's
/// own. The only file of the decoders that needs more than the standard library.
struct DC09Cipher: Sendable {
    private let key: SymmetricKey

    /// Nil when this is no key of 16, 24 or 32 bytes.
    init?(key: [UInt8]) {
        guard [16, 24, 32].contains(key.count) else { return nil }
        self.key = SymmetricKey(data: key)
    }

    /// Nil when these are no whole blocks.
    func decrypt(_ bytes: [UInt8]) -> [UInt8]? {
        guard let start = try? AES._CBC.IV(ivBytes: [UInt8](repeating: 0, count: 16)),
            let plain = try? AES._CBC.decrypt(bytes, using: key, iv: start, noPadding: true)
        else { return nil }
        return Array(plain)
    }

    /// Nil when these are no whole blocks.
    func encrypt(_ bytes: [UInt8]) -> [UInt8]? {
        guard let start = try? AES._CBC.IV(ivBytes: [UInt8](repeating: 0, count: 16)),
            let sealed = try? AES._CBC.encrypt(bytes, using: key, iv: start, noPadding: true)
        else { return nil }
        return Array(sealed)
    }
}
