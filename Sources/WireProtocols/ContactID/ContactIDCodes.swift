import AlarmModel

/// The event codes of Ademco Contact ID (SIA DC-05), each with its kind.
///
/// An alarm that does not say what of (140, 150) is taken for a call for help: pagers for elders
/// report wandering and pull cords so. Where the station has no word for what a code means, the
/// table says `unknown` on purpose: an operator sees the code, at the priority of a warning.
enum ContactIDCodes {
    /// The meaning of the event code `code`.
    @inline(__always)
    static func meaning(of code: UInt16) -> CodeMeaning {
        code < 1_000 ? meanings[Int(code)] : .unlisted
    }

    /// The code that says `kind` most plainly; nil when none does.
    static func plainest(of kind: EventKind) -> UInt16? {
        rows.first { $0.kind == kind }?.codes.first
    }

    /// In 400...499 the qualifier tells opening from closing, not begin from end.
    @inline(__always)
    static func qualifierEnds(_ code: UInt16) -> Bool { !(400...499).contains(code) }

    static let meanings: [CodeMeaning] = {
        var meanings = [CodeMeaning](repeating: .unlisted, count: 1_000)
        for row in rows {
            for code in row.codes { meanings[Int(code)].kind = row.kind }
        }
        for code in userCodes { meanings[Int(code)].namesUser = true }
        return meanings
    }()

    /// By kind, the plainest code first.
    static let rows: [(kind: EventKind, codes: [UInt16])] = [
        // Personal emergency; panic, silent, audible, verified; general alarm; 24 h non-burglary.
        (.sos, [101, 120, 122, 123, 129, 140, 150]),
        (.fall, [103]),
        (.medical, [100]),
        // Duress by a user; at a door, entering and leaving; suspicion of a hold-up.
        (.duress, [121, 124, 125, 126]),
        // Fire, combustion, water flow, heat, pull station, flame, near alarm.
        (.fire, [110, 112, 113, 114, 115, 117, 118]),
        // Smoke; smoke in a duct.
        (.smoke, [111, 116]),
        (.gas, [151]),
        (.carbonMonoxide, [162]),
        // Failed to report in; senior watch; system not operated for days.
        (.inactivity, [102, 641, 654]),
        // Burglary 130...136, near alarm, verified, silent; foil; forced access; restricted door.
        (.intrusion, [130, 131, 132, 133, 134, 135, 136, 138, 139, 146, 155, 423, 643]),
        (.flood, [154]),
        // Additional help needed; voice or picture follows, and somebody has to be there for it.
        (.helpNeeded, [646, 606, 609]),
        // Transmitter; system; battery test; battery missing; module.
        (.batteryLow, [384, 302, 309, 311, 338]),
        // Sensor trouble; alarm by sensor, zone, module; system, control panel; module trouble.
        (.tamper, [383, 137, 144, 145, 316, 317, 341]),
        // Mains; primary supply; module, direct and mains; mains away for four hours.
        (.powerLost, [301, 314, 337, 342, 926]),
        // Radio; armed; wired.
        (.supervisionLost, [381, 147, 382]),
        // Failure to communicate; the rest of its family; jamming; encryption; receiver's link.
        (.communicationFault, [354, 350, 351, 352, 353, 355, 356, 357, 358, 344, 345, 954]),
        (.deviceFault, systemFaults + loopAndSensorFaults + disabled),
        // By the user; panic reset; no more help needed.
        (.cancel, [406, 465, 647]),
        (.helpArrived, [645]),
        // Asked for; low bottled gas, programming, engineer, callback, sensor due or worn out,
        // log, clock, schedules, codes, downloads, licence.
        (
            .serviceRequest,
            [
                616, 157, 306, 313, 393, 394, 411, 412, 416, 605, 621, 622, 623, 624, 625, 626,
                627, 628, 629, 630, 631, 632, 655, 900, 901, 902, 903, 904, 962,
            ]
        ),
        // Manual; periodic, by radio, fire, walk, with a trouble present; its results; the rest.
        (
            .test,
            [
                601, 602, 603, 604, 607, 608, 611, 612, 613, 614, 615, 704, 913, 914, 915, 916,
                917, 918, 919,
            ]
        ),
        (.unknown, environment + arming + access),
    ]

    /// Trouble of the system, its sounders and its peripherals.
    private static let systemFaults: [UInt16] = [
        300, 303, 304, 305, 307, 308, 310, 312, 315, 320, 321, 322, 323, 324, 325, 326, 327, 330,
        331, 332, 333, 334, 335, 336, 339, 343, 414, 415, 796, 798, 927, 961,
    ]

    /// Loops and sensors that cannot do their work, and the supervision of a fire system.
    private static let loopAndSensorFaults: [UInt16] = [
        141, 142, 143, 156, 200, 201, 202, 203, 204, 205, 206, 370, 371, 372, 373, 374, 375, 376,
        377, 378, 380, 385, 386, 387, 388, 389, 391, 392, 922, 924,
    ]

    /// Bypassed or switched off: what hangs on it is not guarded.
    private static let disabled: [UInt16] = [
        501, 520, 521, 522, 523, 524, 525, 526, 527, 531, 532, 551, 552, 553, 554, 555, 570, 571,
        572, 573, 574, 575, 576, 577, 578, 579, 910, 911, 923, 925,
    ]

    /// Refrigeration, heat, temperature, air flow, tank level, humidity.
    private static let environment: [UInt16] = [152, 153, 158, 159, 161, 163, 168, 169]

    /// Openings and closings, in time or not; codes entered; latch-key; silenced.
    private static let arming: [UInt16] = [
        400, 401, 402, 403, 404, 405, 407, 408, 409, 441, 442, 443, 444, 450, 451, 452, 453, 454,
        455, 456, 457, 458, 459, 461, 462, 463, 464, 466, 642, 651, 652, 653, 703, 912, 920, 928,
        929,
    ]

    /// Doors and who goes through them; download refused.
    private static let access: [UInt16] = [
        413, 421, 422, 424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 435, 436, 921,
    ]

    /// Codes whose CCC is a user.
    private static let userCodes: [UInt16] = [
        121, 126, 313, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 411, 412, 413, 414, 415,
        421, 422, 424, 425, 429, 430, 431, 435, 436, 441, 442, 443, 444, 450, 451, 452, 453, 454,
        455, 456, 457, 458, 459, 462, 463, 464, 466, 574, 604, 607, 625, 642, 652, 653, 655, 913,
        914, 915, 916, 920, 921, 928, 929,
    ]
}
