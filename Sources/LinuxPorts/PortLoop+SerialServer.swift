import AlarmModel

extension PortLoop {
    /// The channel of a connection that was made, and that may be one to a serial server.
    func connected(_ slot: PortSlot, _ descriptor: Int32) -> Channel {
        guard case .serialServer(_, let settings) = slot.definition.way else {
            return Channel(nextHandle(), descriptor, .connection, slot)
        }
        return Channel(nextHandle(), descriptor, server: settings, slot)
    }

    /// The time is over in which a server should have confirmed what it was told.
    func endSettling(_ slot: PortSlot, _ channel: Channel) {
        channel.endSettling()
        showSettling(channel)
    }

    /// Shows how it stands with the settings of the line, beside its being open.
    func showSettling(_ channel: Channel) {
        let slot = channel.slot
        guard let telnet = channel.telnet, case .open = slot.stage,
            case .serialServer(let address, _) = slot.definition.way
        else { return }
        slot.problem = telnet.complaint.map { .unsettled(address, $0) }
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
