import AlarmModel

/// What one receiver's line remembers: all that it has said of the moment that it speaks of.
public struct NMEASession: ProtocolSession {
    /// What one of dilution is in metres; nil unless the site knows it of its receiver.
    let metersPerHDOP: Int?
    /// The sentences of one moment, put together.
    private(set) var moment = NMEA.Message("")
    /// Which have been put together.
    private var taken: UInt8 = 0
    private var today = Today()

    /// Option: `metersPerHDOP`.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        try options.refuseAll(except: ["metersPerHDOP"])
        metersPerHDOP = try options.integer("metersPerHDOP", in: 1...100)
    }

    /// A sentence of another time, or one that was said of this time already, begins a new moment:
    /// a receiver whose clock stands still must not carry what it said of one place into the next.
    ///
    /// Inlined always, and not as a hint: what a type of sentence never says folds away.
    @inline(always)
    mutating func take(_ sentence: NMEA.Message) {
        let mark = sentence.type.mark
        let isNew =
            sentence.storedTime == .min || sentence.storedTime != moment.storedTime
            || taken & mark != 0
        // GSA has no time: it is of the moment of the sentence before it.
        if isNew, sentence.type != .gsa {
            moment = sentence
            taken = mark
        } else {
            moment.add(sentence)
            taken |= mark
        }
    }

    /// Where it is, with all that has been said of the moment so far, or that it is there.
    @inline(always)
    mutating func draft() -> EventDraft {
        var draft = EventDraft(.checkIn)
        let time = reportedAt
        draft.reportedAt = time
        if moment.storedLatitude != .min {
            draft.kind = .position
            draft.position = moment.position(fixedAt: time, metersPerHDOP: metersPerHDOP)
        }
        return draft
    }

    /// The time of the moment. Nil without the date, or with one that does not exist: none is
    /// guessed.
    private var reportedAt: WallTime? {
        @inline(__always) mutating get {
            guard moment.storedDate != .min, moment.storedTime != .min,
                let midnight = today.midnight(of: moment.storedDate)
            else { return nil }
            return WallTime(
                microseconds: midnight.microseconds &+ Int64(moment.storedTime) &* 1_000)
        }
    }
}

/// The date of the last moment: a calendar is not looked up twice for the same day.
private struct Today: Sendable {
    private var date = Int32.min
    private var midnight: WallTime?

    @inline(__always)
    mutating func midnight(of date: Int32) -> WallTime? {
        if date != self.date {
            self.date = date
            midnight =
                CivilTime(
                    year: Int(date / 10_000), month: Int(date / 100 % 100), day: Int(date % 100),
                    hour: 0, minute: 0, second: 0)?.wallTime()
        }
        return midnight
    }
}

extension NMEA.Message {
    /// Adds what another sentence of the same moment says. There is a fix when none denies it.
    @inline(__always)
    fileprivate mutating func add(_ other: NMEA.Message) {
        isFix = isFix && other.isFix
        if other.storedLatitude != .min {
            storedLatitude = other.storedLatitude
            storedLongitude = other.storedLongitude
        }
        if other.storedDate != .min { storedDate = other.storedDate }
        if other.storedSpeed != .min { storedSpeed = other.storedSpeed }
        if other.storedCourse != .min { storedCourse = other.storedCourse }
        if other.storedAltitude != .min { storedAltitude = other.storedAltitude }
        if other.storedDilution != .min { storedDilution = other.storedDilution }
    }

    /// Only where there is a place.
    @inline(__always)
    func position(fixedAt time: WallTime?, metersPerHDOP: Int?) -> Position {
        var position = Position(
            latitudeE7: storedLatitude, longitudeE7: storedLongitude, isValid: isFix)
        position.altitudeCentimeters = said(storedAltitude)
        position.courseCentidegrees = said(storedCourse)
        if storedSpeed != .min {
            // A knot is 1,852 metres an hour.
            position.speedMillimetersPerSecond = Int32(
                clamping: (Int(storedSpeed) &* 1_852 &+ 1_800) / 3_600)
        }
        guard isFix else { return position }
        position.fixedAt = time
        if let metersPerHDOP, storedDilution != .min {
            position.accuracyCentimeters = Int32(clamping: Int(storedDilution) &* metersPerHDOP)
        }
        return position
    }
}
