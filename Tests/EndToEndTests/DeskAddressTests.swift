import AlarmModel
import Foundation
import Testing

extension EndToEnd {
    @Suite("Addresses of the desk")
    struct DeskAddressTests {
        @Test("An address in use or not there yet stops no press, and is had when it can be")
        func addressesToCome() throws {
            let port = try freePort()
            let other = try Listening(port: port)
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let (busy, absent) = ("127.0.0.1:\(port)", "192.0.2.1:\(port)")
            station.listen = [busy, absent]
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            try station.start()
            #expect(try work([presser]) { presser.answered.count >= 20 })
            #expect(try station.desk.waits { try station.desk.ports()["line"]?.state == "open" })
            let health = try station.desk.health()
            #expect(health.status == 200 && health.form.state == "degraded")
            #expect(health.form.reasons.count == 2)
            let reasons = health.form.reasons.joined(separator: "\n")
            #expect(reasons.contains("desk address \(busy) is busy: another program listens there"))
            #expect(
                reasons.contains("desk address \(absent) is absent: this machine does not have"))
            #expect(station.tells("the desk cannot listen; trying on address=\(busy) state=busy"))

            other.end()
            #expect(station.tells("the desk listens address=\(busy)"))
            let over = Answer(try Wire.connect(port: port), "/healthz")
            #expect(over.waitForEnd(within: .seconds(10)) && over.status == 200)
            #expect(try station.desk.health().form.reasons.count == 1)
            let told = station.complaints.components(separatedBy: "the desk cannot listen").count
            #expect(told == 3, "each address once, however often it was tried")
            #expect(station.stop() == 0)
        }

        @Test("A socket at which another daemon answers is left to it, and presses are answered")
        func secondDaemon() throws {
            let first = try Station(ports: [])
            try first.start()
            let second = try Station(ports: [.init("line", "tocsin-link")])
            let port = try freePort()
            second.listen = ["unix:\(first.desk.socketPath)", "127.0.0.1:\(port)"]
            let presser = try Presser("tocsin-link", on: second.line(to: "line"))
            try second.start()
            #expect(try work([presser]) { presser.answered.count >= 20 })
            #expect(second.tells("address=unix:\(first.desk.socketPath) state=busy"))
            #expect(try first.desk.ports().isEmpty)
            #expect(second.stop() == 0)
            #expect(try first.desk.health().form.state == "ok")
            #expect(first.stop() == 0)
        }

        @Test("Whoever streams can tell the end of the station from a cut")
        func endOrCut() throws {
            for isCut in [false, true] {
                let station = try Station(ports: [])
                try station.start()
                let stream = try station.desk.stream(after: 0)
                #expect(try station.desk.waits { try clients(station) == 1 })
                if isCut {
                    station.kill()
                } else {
                    #expect(station.stop() == 0)
                }
                try work([], beside: [stream.wire]) {
                    try stream.read()
                    return stream.hasEnded
                }
                #expect(stream.isWhole == !isCut)
            }
        }

        private func clients(_ station: Station) throws -> Int? {
            let text = String(decoding: try station.desk.get("/metrics").body, as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.hasPrefix("tocsin_stream_clients ") }
            return line?.split(separator: " ").last.flatMap { Int($0) }
        }
    }
}

/// Another program that listens on a port.
private final class Listening {
    private let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in.loopback(port)
        guard withGeneric(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 1) == 0
        else { throw HarnessError("cannot listen on port \(port)") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    func end() { close(descriptor) }
}
