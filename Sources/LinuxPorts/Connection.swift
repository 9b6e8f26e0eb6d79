import AlarmModel
import Glibc

/// A TCP connection, whoever made it.
class Connection: Channel {
    override var isStream: Bool { true }

    override func put(_ bytes: UnsafeRawBufferPointer) -> Int {
        // Without the flag, a peer that is gone would be a signal that ends the daemon.
        unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }

    override func reason(of code: Int32) -> PortCloseReason {
        code == EPIPE || code == ECONNRESET ? .peerClosed : .failed(code)
    }
}
