import AlarmModel
import NIOCore
import Synchronization

/// The open connections of the desk, all addresses together, so that there are never more than the
/// station can spare, and so that nobody who only holds one locks another out: when the desk is
/// full, the one that lets the desk wait longest gives way. Places of its own are kept for the
/// socket, so that whoever is at the machine gets in whatever comes over the network.
final class Connections: Sendable {
    /// What a place is told when it has to give way.
    typealias Leave = @Sendable () -> Void

    /// One connection's place.
    final class Place: Sendable {
        let isOnSocket: Bool
        /// See ``ConnectionLife/clientsTurnSince``, in nanoseconds; the greatest number stands for
        /// nil. Shared by event loops, written on every step of a connection.
        private let clientsTurnSince: Atomic<UInt64>
        fileprivate let leave: Leave

        fileprivate init(isOnSocket: Bool, since: NIODeadline, leave: @escaping Leave) {
            self.isOnSocket = isOnSocket
            self.leave = leave
            clientsTurnSince = Atomic(since.uptimeNanoseconds)
        }

        func setClientsTurn(since time: NIODeadline?) {
            clientsTurnSince.store(time?.uptimeNanoseconds ?? .max, ordering: .relaxed)
        }

        fileprivate var turn: UInt64 { clientsTurnSince.load(ordering: .relaxed) }
    }

    private let places = Mutex<[ObjectIdentifier: Place]>([:])
    private let max: Int
    private let reserved: Int

    init(
        max: Int = Limits.deskConnectionsMax,
        reserved: Int = Limits.connectionsReservedForSocket
    ) {
        self.max = max
        self.reserved = reserved
    }

    var count: Int { places.withLock(\.count) }

    /// Of these, how many would give way.
    var waiting: Int { places.withLock { $0.values.count { $0.turn < .max } } }

    /// A place for a new connection; nil when all are taken by others that are being answered.
    ///
    /// - Parameter leave: called at most once, from any thread, when it has to give way.
    func admit(
        isOnSocket: Bool, at now: NIODeadline, leave: @escaping Leave
    ) -> Place? {
        let place = Place(isOnSocket: isOnSocket, since: now, leave: leave)
        let (isAdmitted, displaced): (Bool, Place?) = places.withLock { places in
            guard places.count >= max + (isOnSocket ? reserved : 0) else {
                places[ObjectIdentifier(place)] = place
                return (true, nil)
            }
            // Over the network nobody displaces whoever is on the socket.
            let waiting = places.values.filter { (isOnSocket || !$0.isOnSocket) && $0.turn < .max }
            guard let longest = waiting.min(by: { $0.turn < $1.turn }) else { return (false, nil) }
            places[ObjectIdentifier(longest)] = nil
            places[ObjectIdentifier(place)] = place
            return (true, longest)
        }
        displaced?.leave()
        return isAdmitted ? place : nil
    }

    func remove(_ place: Place) {
        _ = places.withLock { $0.removeValue(forKey: ObjectIdentifier(place)) }
    }
}
