import AlarmModel

/// One open way in: a tty being open, or one TCP connection. The same port opened again has another
/// handle, so what was meant for the old one cannot reach the new one.
public struct PortHandle: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A port that has just been opened.
public struct OpenPort: Equatable, Sendable {
    public var handle: PortHandle
    /// The same after re-plugging, whatever node it comes back under.
    public var id: PortID
    /// The name of its definition in the configuration.
    public var name: String
    /// The node (`/dev/ttyUSB0`), the FIFO, or the peer (`192.0.2.7:40122`).
    public var path: String
    /// Of a listener: all its peers have the id of the port.
    public var isPeer = false
    public var protocolID: ProtocolID
}

/// What one read brought.
public enum ReadOutcome: Equatable, Sendable {
    /// So many bytes, from the start of the buffer.
    case bytes(Int)
    case nothing
    /// No more bytes will come. ``PortEvents/portClosed(_:_:)`` follows.
    case closed(PortCloseReason)
}

/// Why a port is no longer open.
public enum PortCloseReason: Equatable, Sendable, CustomStringConvertible {
    /// The tty hung up, or the device is gone.
    case unplugged
    /// The other end of the TCP connection closed it.
    case peerClosed
    /// Standard input has ended.
    case inputEnded
    /// The FIFO was removed, or another put in its place.
    case removed
    /// More than `Limits.portOutputBytesMax` waited to be written.
    case stuck
    /// ``PortLoop/close(_:)`` was called.
    case requested
    /// Its definition changed or went.
    case reconfigured
    /// The peer of a listener was silent for too long.
    case idle
    /// The peer of a listener gave way to another.
    case replaced
    /// Bytes came and the station had no room for them, or nothing that could decode them.
    case unread
    /// ``PortLoop/refuse(_:because:)`` was called, with these words.
    case refused(String)
    /// The kernel said so; an `errno`.
    case failed(Int32)

    public var description: String {
        switch self {
        case .unplugged: "unplugged"
        case .peerClosed: "closed by the peer"
        case .inputEnded: "end of input"
        case .removed: "removed"
        case .stuck: "stuck: it takes no bytes"
        case .requested: "closed by the station"
        case .reconfigured: "configuration changed"
        case .idle: "silent for too long"
        case .replaced: "gave way to another peer"
        case .unread: "the station cannot read it"
        case .refused(let reason): "the station cannot decode it: \(reason)"
        case .failed(let code): "failed: \(errorText(code))"
        }
    }
}

/// What the loop tells the daemon. Called only from inside ``PortLoop/turn(until:)``, on its
/// thread, one at a time; each may call the loop's other methods. Every ``portOpened(_:)`` is
/// followed by one ``portClosed(_:_:)`` for its handle, and nothing for that handle comes after it.
public protocol PortEvents: AnyObject {
    func portOpened(_ port: OpenPort)

    /// Bytes are there. Call `read` once: it reads straight into the buffer. Bytes beyond the
    /// buffer stay in the kernel, and the call comes again. Where `read` is not called, or gets no
    /// room, the port is closed as ``PortCloseReason/unread``.
    func portReadable(
        _ handle: PortHandle, _ read: (UnsafeMutableRawBufferPointer) -> ReadOutcome)

    /// The datagram that was read last has ended: what it left unfinished stays so.
    func datagramEnded(_ handle: PortHandle)

    func portClosed(_ handle: PortHandle, _ reason: PortCloseReason)

    /// The mailbox was woken, once or several times.
    func woken()
}

extension PortEvents {
    /// For those whose bytes have no packets.
    public func datagramEnded(_ handle: PortHandle) {}
}

/// The loop itself cannot go on: the kernel refused something that no port is to blame for.
public struct PortError: Error, Equatable, CustomStringConvertible {
    public var what: String
    public var code: Int32

    init(_ what: String, _ code: Int32) {
        self.what = what
        self.code = code
    }

    public var description: String { "\(what): \(errorText(code))" }
}
