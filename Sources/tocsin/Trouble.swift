import AlarmModel
import ArgumentParser
import Foundation
import OperatorDesk
import StationLedger

/// What keeps a command that was given rightly from doing its work: a sentence for a person, who
/// needs no lesson in how the command is written.
struct Trouble: Error {
    /// sysexits(3), so that a script can tell them apart.
    enum Status: Int32 {
        case failure = 1
        case usage = 64
        /// What was given to read is not what it has to be.
        case badData = 65
        /// What was to be read is not there, or may not be read.
        case noInput = 66
        /// The desk cannot be reached.
        case unavailable = 69
        /// Something is in the way of what was to be made.
        case inTheWay = 73
        case noOutput = 74
        /// The other side speaks something else.
        case otherVersion = 76
    }

    var message: String
    var status: Status

    init(_ message: String, _ status: Status = .failure) {
        self.message = message
        self.status = status
    }

    /// Of any error that a command lets through. Those of libraries name types of their own and
    /// say nothing to a person.
    init(_ error: any Error) {
        switch error {
        case let trouble as Trouble: self = trouble
        case let error as StreamClientError:
            self.init(error.description, Status(error))
        case let error as LedgerError: self.init(error.description)
        case is DecodingError:
            self.init(
                "what the desk answered is not what this program reads; compare "
                    + "`tocsin --version` with `tocsind --version`", .otherVersion)
        case is CancellationError: self.init("it was ended before it was done")
        default: self.init(plainReason(of: error))
        }
    }

    /// - Parameter path: what could not be read, for `errno`.
    static func unreadable(_ path: String, _ code: Int32) -> Trouble {
        Trouble("cannot read \(path): \(systemReason(code))", .noInput)
    }
}

extension Trouble.Status {
    fileprivate init(_ error: StreamClientError) {
        switch error {
        case .refused(let answer): self = answer.status == 503 ? .unavailable : .failure
        case .unreachable, .cut, .silent: self = .unavailable
        case .tooLong: self = .otherVersion
        }
    }
}
