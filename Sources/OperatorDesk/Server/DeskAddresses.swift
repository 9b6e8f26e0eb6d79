import AlarmModel
import EventJSON
import Synchronization

/// How one of the addresses that the desk is to listen on is doing: the same words as for ports.
public struct DeskAddress: Equatable, Sendable {
    /// As configured.
    public var address: ListenAddress
    /// `absent` when this machine does not have the address, `busy` when another program listens
    /// there.
    public var state: PortStatus.State
    /// What is wrong and what a person can do about it; nil when the desk listens there.
    public var reason: String?
    public var remedy: String?
}

/// How all addresses of the desk are doing, for whoever asks, and told to one once per change.
final class DeskAddresses: Sendable {
    private let known: Mutex<[DeskAddress]>
    private let onChange: @Sendable (DeskAddress) -> Void

    init(_ addresses: [ListenAddress], onChange: @escaping @Sendable (DeskAddress) -> Void) {
        known = Mutex(addresses.map { DeskAddress(address: $0, state: .absent) })
        self.onChange = onChange
    }

    var all: [DeskAddress] { known.withLock(\.self) }

    func set(_ new: DeskAddress) {
        let isNews = known.withLock { known in
            guard let index = known.firstIndex(where: { $0.address == new.address }),
                known[index] != new
            else { return false }
            known[index] = new
            return true
        }
        if isNews { onChange(new) }
    }

    /// The station's health together with the desk's own: an address at which nobody is answered is
    /// something to be mended, and no reason to store nothing.
    func adding(to health: StationHealth) -> StationHealth {
        var health = health
        // What has not been tried yet has no reason.
        for address in all where address.reason != nil {
            if health.state == .ok { health.state = .degraded }
            health.reasons.append(address.sentence)
        }
        return health
    }
}

extension DeskAddress {
    /// `desk address 192.0.2.1:8119 is absent: …; …`
    fileprivate var sentence: String {
        let words = [reason, remedy].compactMap(\.self).joined(separator: "; ")
        return "desk address \(address) is \(state.rawValue): \(words)"
    }
}

/// `[{"address":"127.0.0.1:8119","state":"open"},…]`
func addressesJSON(_ addresses: [DeskAddress]) -> [UInt8] {
    JSONWriter.text { json in
        json.array(addresses) { json, address in
            json.object { json in
                json.field("address", address.address.description)
                json.field("state", address.state.rawValue)
                json.field("reason", address.reason)
                json.field("remedy", address.remedy)
            }
        }
    }
}
