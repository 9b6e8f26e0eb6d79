import AlarmModel
import Glibc

/// What happened on one port of the configuration since the start, however often it was opened and
/// however many peers it had: shared by its slot and its channels.
final class PortCounts {
    var opens: UInt64 = 0
    var closes: UInt64 = 0
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var lineErrors = LineErrors()
    /// Opens after which the adapter's latency timer was still long.
    var slowOpens: UInt64 = 0
    /// Reports that were longer than ``Limits/hidReportBytesMax``.
    var cutReports: UInt64 = 0
    /// Replies that this way in does not take, or did not: no room, or no way to the peer.
    var unsentReplies: UInt64 = 0
    /// Peers that were not taken, because there was no room.
    var refused: UInt64 = 0
    /// Peers that gave way to others.
    var replaced: UInt64 = 0
    /// Peers that were silent for too long.
    var reapedIdle: UInt64 = 0
    /// Connections whose peer had vanished without a word.
    var reapedHalfOpen: UInt64 = 0
    /// Datagrams that came faster than they were read.
    var lostDatagrams: UInt64 = 0

    /// Counts that a channel was closed, and how a peer of a listener ended.
    func countEnd(_ reason: PortCloseReason) {
        closes &+= 1
        switch reason {
        case .idle: reapedIdle &+= 1
        case .replaced: replaced &+= 1
        case .unread, .refused: refused &+= 1
        case .failed(ETIMEDOUT): reapedHalfOpen &+= 1
        default: break
        }
    }
}

extension PortCounts {
    /// Those of every way in.
    var ofAll: [PortStatus.Counter] {
        [
            .init("opens", opens), .init("closes", closes),
            .init("bytesIn", bytesIn), .init("bytesOut", bytesOut),
        ]
    }

    var ofLine: [PortStatus.Counter] {
        [
            .init("damagedBytes", lineErrors.damagedBytes),
            .init("breaks", lineErrors.breaks),
            .init("overruns", lineErrors.overruns),
        ]
    }

    var ofPeers: [PortStatus.Counter] {
        [
            .init("refused", refused), .init("replaced", replaced),
            .init("reapedIdle", reapedIdle),
        ]
    }
}
