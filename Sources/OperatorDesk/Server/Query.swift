import AlarmModel
import Hummingbird

/// The part of a request's address behind the question mark.
///
/// A misspelled name is an error like a wrong value: a filter that is passed over in silence shows
/// an operator something else than he asked for.
struct Query {
    private var values: [String: String] = [:]

    init(_ request: Request, allowed names: [String]) throws(DeskError) {
        for (name, value) in request.uri.queryParameters {
            guard names.contains(String(name)) else {
                throw .badRequest(
                    "\(name) is no parameter of \(request.uri.path)",
                    remedy: "use \(names.joined(separator: ", "))")
            }
            guard values.updateValue(String(value), forKey: String(name)) == nil else {
                throw .badRequest(
                    "\(name) is given twice", remedy: "give it once; a list has commas")
            }
        }
    }

    /// The names in a list with commas; nil when the parameter is absent.
    func set<Name: RawRepresentable & CaseIterable & Hashable>(
        _ name: String
    ) throws(DeskError) -> Set<Name>? where Name.RawValue == String {
        guard let text = values[name] else { return nil }
        var set: Set<Name> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = Name(rawValue: String(part)) else {
                throw .badRequest(
                    "\(name)=\(part) is not known",
                    remedy: "use one or more, with commas, of \(joined(Name.allCases))")
            }
            set.insert(value)
        }
        return set
    }

    func text(_ name: String) -> String? { values[name] }

    func flag(_ name: String, absent: Bool = false) throws(DeskError) -> Bool {
        switch values[name] {
        case nil: return absent
        case "0": return false
        case "1": return true
        case let text?: throw .badRequest("\(name)=\(text) is not known", remedy: "use 0 or 1")
        }
    }

    func sequence(_ name: String) throws(DeskError) -> Sequence? {
        guard let text = values[name] else { return nil }
        return try Self.sequence(text, named: name)
    }

    static func sequence(_ text: String, named name: String) throws(DeskError) -> Sequence {
        guard let value = Int64(text), value >= 0 else {
            throw .badRequest(
                "\(name)=\(text) is not the sequence of a record",
                remedy: "use 0 for everything, or the sequence behind which to begin")
        }
        return Sequence(rawValue: value)
    }

    /// A count of 1 to `max`; `max` when the parameter is absent.
    func count(_ name: String, max: Int) throws(DeskError) -> Int {
        guard let text = values[name] else { return max }
        guard let value = Int(text), (1...max).contains(value) else {
            throw .badRequest("\(name)=\(text) is not possible", remedy: "use 1 to \(max)")
        }
        return value
    }
}

/// The names with commas, in the order in which they are declared.
func joined<Name: RawRepresentable & CaseIterable & Equatable>(
    _ names: some Collection<Name>
) -> String where Name.RawValue == String {
    Name.allCases.filter(names.contains).map(\.rawValue).joined(separator: ", ")
}
