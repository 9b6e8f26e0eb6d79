import AlarmModel
import Foundation
import WireProtocols

/// A device at the end of a line: presses its button again and again, sends again what is not
/// answered, and remembers every frame that was.
final class Presser {
    struct Press {
        var frame: [UInt8]
        /// What the station sends once the press is stored.
        var reply: Data
    }

    let wire: Wire
    let protocolID: ProtocolID
    /// False lets it finish what it has begun, and begin nothing new.
    var isPressing = true
    private(set) var unanswered: [Press] = []
    private(set) var answered: [[UInt8]] = []
    private(set) var pressCount = 0

    private let descriptor: ProtocolDescriptor
    private let decoder: PortDecoder
    private let kinds: [EventKind]
    private let device: UInt32
    private let devices: UInt32
    private let window: Int
    private let resendAfter: Duration
    private var serial: UInt32
    private var input = Data()
    private var lastSent = ContinuousClock.now

    /// - Parameters:
    ///   - devices: how many press by turns.
    ///   - device: any number below 1,000; presses of two with the same are presses of one device.
    ///   - firstSerial: of its presses; two with the same device need ranges of their own.
    ///   - window: how many presses may wait for their reply at a time. A receiver that prints
    ///     lines has one: its replies do not say what they answer.
    init(
        _ protocolID: ProtocolID, on wire: Wire, device: UInt32 = 1, firstSerial: UInt32 = 1,
        devices: UInt32 = 2_000, kinds: [EventKind] = [.sos], window: Int = 8
    ) throws {
        guard let descriptor = ProtocolRegistry.find(protocolID) else {
            throw HarnessError("\(protocolID) is not registered")
        }
        self.protocolID = protocolID
        self.wire = wire
        self.descriptor = descriptor
        self.kinds = kinds
        self.device = device
        self.devices = devices
        self.window = Self.isLinePrinter(protocolID) ? 1 : window
        // 4 s are laid down for the receivers that print lines; others are in more of a hurry.
        resendAfter = Self.isLinePrinter(protocolID) ? .seconds(4) : .seconds(1)
        serial = firstSerial
        decoder = try descriptor.makeDecoder()
    }

    private static func isLinePrinter(_ id: ProtocolID) -> Bool { id == "surgard" }

    /// One press more, whatever waits already.
    func press() throws {
        // Where the wire's number comes round, another device presses, so that no frame is as one
        // before it: a line has 999 zones and no serial number, others have 16 bits at least.
        // No person presses as fast as this: each press of the others is another device's, so that
        // none shares a row.
        let device =
            Self.isLinePrinter(protocolID)
            ? device + serial / 999 : device + serial / 65_536 + serial % devices * 1_000
        let time = WallTime(microseconds: 1_790_000_000_000_000)
        guard let frame = descriptor.sample(of: kinds, device: device, serial: serial, at: time)
        else { throw HarnessError("\(protocolID) has no frame for \(kinds)") }
        serial += 1
        pressCount += 1
        let expected = ExpectedReply()
        decoder.receive(frame.span, into: expected)
        unanswered.append(Press(frame: frame, reply: Data(expected.bytes)))
        wire.send(frame)
        lastSent = .now
    }

    func sendAgain() {
        for press in unanswered { wire.send(press.frame) }
        lastSent = .now
    }

    /// The daemon is gone: takes what it had sent, and counts as lost what a line without memory
    /// loses. A resend would otherwise be answered twice, and the second reply be taken for that of
    /// the next line.
    func surviveOutage() {
        takeReplies()
        if window == 1 { wire.loseUnread() }
    }

    /// Does what there is to do now.
    func turn() throws {
        takeReplies()
        while isPressing, unanswered.count < window { try press() }
        if !unanswered.isEmpty, ContinuousClock.now - lastSent > resendAfter { sendAgain() }
    }

    private func takeReplies() {
        input += wire.receive()
        var index = 0
        while index < unanswered.count {
            guard let found = input.range(of: unanswered[index].reply) else {
                index += 1
                continue
            }
            input.removeSubrange(found)
            answered.append(unanswered.remove(at: index).frame)
        }
        // Greetings and complaints; no reply is as long.
        input = Data(input.suffix(Reply.capacity))
    }
}

/// Hears what the station answers to one frame.
private final class ExpectedReply: FrameHandler {
    private(set) var bytes: [UInt8] = []
    func event(_ draft: EventDraft, text: String?) {}
    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        self.bytes += reply.array()
    }
    func skipped(_ count: Int, _ reason: SkipReason) {}
    func answerDamage(_ reply: Reply) {}
}

/// Has all `pressers` work at once, and the readers of `also` beside them, until `isDone`; false
/// when that did not come within `patience`.
@discardableResult
func work(
    _ pressers: [Presser], beside also: [Wire] = [], within patience: Duration = .seconds(30),
    until isDone: () throws -> Bool
) throws -> Bool {
    let end = ContinuousClock.now + patience
    let wires = pressers.map(\.wire) + also
    while true {
        for presser in pressers { try presser.turn() }
        if try isDone() { return true }
        let rest = end - .now
        guard rest > .zero else { return false }
        Wire.wait(for: wires, atMost: min(rest, .milliseconds(10)))
    }
}
