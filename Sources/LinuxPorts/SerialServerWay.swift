import AlarmModel

/// A line behind a server that takes its settings over the network (RFC 2217).
final class SerialServerWay: TCPConnectWay {
    private let settings: SerialSettings

    init(
        _ slot: PortSlot, _ host: any PortHost, _ address: NetworkAddress,
        _ settings: SerialSettings
    ) {
        self.settings = settings
        super.init(slot, host, address)
    }

    override var counts: [PortStatus.Counter] { slot.counters.ofLine }

    override func channel(
        _ handle: PortHandle, _ descriptor: Int32, to address: NetworkAddress
    ) -> Channel {
        ServedLine(handle, descriptor, to: address, settings, of: slot.mark, in: host.epoll)
    }

    /// The time in which a server should have confirmed what it was told.
    override var settling: TimeSpan? { Limits.serialServerPatience }
}

/// The connection to a serial server, which is told of the settings first.
private final class ServedLine: Connection {
    private let server: NetworkAddress
    /// What is said with the server beside the payload.
    private var telnet: RFC2217Session

    init(
        _ handle: PortHandle, _ descriptor: Int32, to server: NetworkAddress,
        _ settings: SerialSettings, of slot: SlotMark, in epoll: Epoll
    ) {
        self.server = server
        telnet = RFC2217Session(settings)
        super.init(handle, descriptor, of: slot, in: epoll)
        output = RFC2217Session.opening
    }

    override var answersByItself: Bool { true }
    override var complaint: PortProblem? { telnet.complaint.map { .unsettled(server, $0) } }
    override func endSettling() { telnet.timeOut() }

    override func read(
        into buffer: UnsafeMutableRawBufferPointer, atMost share: Int = Limits.readsPerTurnBytes
    ) -> ReadOutcome {
        let outcome = unsafe super.read(into: buffer, atMost: share)
        guard case .bytes(let count) = outcome else { return outcome }
        let bytes = unsafe buffer.bindMemory(to: UInt8.self)
        var span = unsafe bytes.extracting(..<count).mutableSpan
        let kept = telnet.receive(&span, answering: &output, counting: &counters.lineErrors)
        return kept == 0 ? .nothing : .bytes(kept)
    }

    override func write(_ bytes: Span<UInt8>) -> PortCloseReason? {
        guard let escaped = telnet.escaped(bytes) else { return stream(bytes) }
        return stream(escaped.span)
    }
}

extension PortProblem {
    fileprivate static func unsettled(
        _ server: NetworkAddress, _ complaint: RFC2217Session.Complaint
    ) -> PortProblem {
        let (reason, remedy) =
            switch complaint {
            case .noTelnet:
                (
                    "\(server) does not speak telnet: it gives the bytes of the line as they are, "
                        + "and its settings are unknown",
                    "set the server's port to RFC 2217, or leave out rfc2217 and serial"
                )
            case .refused:
                (
                    "\(server) refuses RFC 2217 (the option COM-PORT): "
                        + "the line is used as the server has set it",
                    "allow RFC 2217 on the server's port, or set the line there and leave out "
                        + "rfc2217 and serial"
                )
            case .unconfirmed(let settings):
                (
                    "\(server) has not confirmed "
                        + settings.map(\.rawValue).joined(separator: ", "),
                    "if bytes arrive damaged, set the line on the server"
                )
            case .different(let setting, let asked, let got):
                (
                    "\(server) was asked for \(setting.rawValue) \(asked) and has set \(got)",
                    "choose settings that its hardware can do"
                )
            }
        return PortProblem(state: .open, reason: reason, remedy: remedy)
    }
}
