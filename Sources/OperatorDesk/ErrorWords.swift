import AlarmModel
import Glibc
import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Why something could not be done with a socket, in the system's words: never in those of a
/// library, which name its own types.
public func plainReason(of error: any Error) -> String {
    switch error {
    case let error as IOError: return systemReason(error.errnoCode)
    case let error as NIOConnectionError:
        if let failure = error.connectionErrors.first { return plainReason(of: failure.error) }
        let isUnknown = error.dnsAError != nil || error.dnsAAAAError != nil
        return isUnknown ? "no host has the name \(plainText(error.host))" : "no answer"
    case ChannelError.connectTimeout: return "no answer in time"
    case let error as CocoaError:
        let code = (error.underlying as? POSIXError)?.code.rawValue
        return code.map { systemReason($0) } ?? "the system gave no reason"
    case let error as ListenAddress.ParseError: return error.description
    default: return "the system gave no reason"
    }
}

/// What the system says of an error number: "connection refused".
public func systemReason(_ code: Int32) -> String {
    var text = [CChar](repeating: 0, count: 128)
    let size = text.count
    let isKnown = unsafe text.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return false }
        return unsafe strerror_r(code, start, size) == 0
    }
    guard isKnown else { return "error \(code)" }
    let words = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    return words.prefix(1).lowercased() + words.dropFirst()
}
