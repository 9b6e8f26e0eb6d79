import AlarmModel
import Testing
import WireProtocols

/// Sentences that somebody else's program wrote or reads: what both say of them has to agree.
@Suite("NMEA and pynmea2")
struct NMEAPeerTests {
    @Test("What the PyPI package pynmea2 writes is read as the package reads it")
    func written() throws {
        let seed = Int.random(in: 0...999_999)
        let sentences = try PythonPeer.ask("nmea_peer.py", ["generate \(seed) 1000"])
        try #require(sentences.count == 1_000, "seed \(seed)")
        for (sentence, theirs) in zip(sentences, try PythonPeer.ask("nmea_peer.py", sentences)) {
            #expect(try Reading(ofOurs: sentence) == Reading(theirs), "\(sentence): \(theirs)")
        }
    }

    @Test("pynmea2 reads the sentences of our vectors as we do")
    func vectors() throws {
        let sentences = try VectorCorpus.cases.filter { $0.descriptor.id == "nmea" }
            .flatMap { try $0.run($0.chunks).frames }
            .map { String(decoding: $0, as: UTF8.self).filter { !$0.isNewline } }
        var judged = 0
        for (sentence, theirs) in zip(sentences, try PythonPeer.ask("nmea_peer.py", sentences)) {
            let ours = try Reading(ofOurs: sentence)
            let their = Reading(theirs)
            // A field that is no place, no date or no number is not said here; it makes the package
            // refuse the sentence, or is taken as it is.
            guard ours.latitudeE7 != nil, their.latitudeE7 != nil else { continue }
            #expect(abs((ours.latitudeE7 ?? 0) - (their.latitudeE7 ?? 0)) <= 1, "\(sentence)")
            #expect(abs((ours.longitudeE7 ?? 0) - (their.longitudeE7 ?? 0)) <= 1, "\(sentence)")
            #expect(ours.isFix == their.isFix || !sentence.hasSuffixOfOddMode, "\(sentence)")
            if let time = ours.time, let theirTime = their.time {
                // Of a year of two digits, 69 to 79 are another century to the package.
                let century = 36_525 * 86_400_000
                #expect((time - theirTime) % century == 0, "\(sentence)")
            }
            if let speed = ours.speed { #expect(speed == their.speed, "\(sentence)") }
            if let course = ours.course, course != 0 {
                #expect(abs(course - (their.course ?? 0)) <= 1, "\(sentence)")
            }
            if let altitude = ours.altitude { #expect(altitude == their.altitude, "\(sentence)") }
            judged += 1
        }
        #expect(judged > 30)
    }
}

/// What one of the two says of a sentence, in units that both can be brought to.
private struct Reading: Equatable {
    var latitudeE7: Int?
    var longitudeE7: Int?
    var isFix = false
    /// Milliseconds since 1970.
    var time: Int?
    /// Millimetres per second.
    var speed: Int?
    /// Hundredths of a degree.
    var course: Int?
    /// Centimetres.
    var altitude: Int?

    init(_ theirs: String) {
        for word in theirs.split(separator: " ").dropFirst() {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let value = Double(parts[1]) else { continue }
            switch parts[0] {
            case "lat": latitudeE7 = Int((value * 1e7).rounded())
            case "lon": longitudeE7 = Int((value * 1e7).rounded())
            case "fix": isFix = value == 1
            case "time": time = Int((value * 1_000).rounded())
            case "knots": speed = Int((value * 1_852 / 3.6).rounded())
            case "course": course = Int((value * 100).rounded())
            case "altitude": altitude = Int((value * 100).rounded())
            default: break
            }
        }
    }

    init(ofOurs sentence: String) throws {
        let descriptor = try #require(ProtocolRegistry.find("nmea"))
        let drafts = try Transcript.of(descriptor, [Array((sentence + "\r\n").utf8)]).drafts
        let draft = try #require(drafts.count == 1 ? drafts[0] : nil)
        isFix = draft.position?.isValid ?? false
        latitudeE7 = draft.position.map { Int($0.latitudeE7) }
        longitudeE7 = draft.position.map { Int($0.longitudeE7) }
        time = draft.reportedAt.map { Int($0.microseconds / 1_000) }
        speed = draft.position?.speedMillimetersPerSecond.map { Int($0) }
        course = draft.position?.courseCentidegrees.map { Int($0) }
        altitude = draft.position?.altitudeCentimeters.map { Int($0) }
    }

    /// Theirs goes through binary fractions, so that the last digit of a coordinate may differ, and
    /// of a speed that is half a unit: 62.550 knots are 32,178.5 mm/s.
    static func == (a: Reading, b: Reading) -> Bool {
        abs((a.latitudeE7 ?? .min / 4) - (b.latitudeE7 ?? .min / 4)) <= 1
            && abs((a.longitudeE7 ?? .min / 4) - (b.longitudeE7 ?? .min / 4)) <= 1
            && a.isFix == b.isFix && a.time == b.time
            && (a.speed == nil) == (b.speed == nil) && abs((a.speed ?? 0) - (b.speed ?? 0)) <= 1
            && a.course == b.course && a.altitude == b.altitude
    }
}

extension String {
    /// Values by hand and simulated ones count as a fix elsewhere.
    fileprivate var hasSuffixOfOddMode: Bool { !contains(",M*") && !contains(",S*") }
}
