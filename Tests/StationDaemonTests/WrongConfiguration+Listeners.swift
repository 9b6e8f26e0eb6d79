/// Addresses that no listener can have, or not both of two.
extension WrongConfiguration {
    private static func station(_ listen: String, _ ports: String...) -> String {
        let lines = ports.enumerated().map { index, way in
            "  - {name: p\(index), protocol: jt808, \(way)}"
        }
        return (["station: {id: a}", listen, "ports:"] + lines).joined(separator: "\n")
    }

    private static let free = "listen: [\"unix:/run/x.sock\"]"
    private static let another = "; give one of them another port"
    private static let takesHost =
        "; it takes a name or address without a port, such as desk.example"

    static let listeners = [
        file(
            "a port on the desk's own address",
            station("listen: [\"127.0.0.1:8119\"]", "tcp: {listen: \"127.0.0.1:8119\"}"),
            "4:47: '127.0.0.1:8119' overlaps '127.0.0.1:8119' of the desk on line 2" + another),
        file(
            "a port on all addresses, the desk's among them, which the file does not say",
            station("", "tcp: {listen: \"0.0.0.0:8119\"}", "udp: {listen: \"0.0.0.0:8119\"}"),
            "4:47: '0.0.0.0:8119' overlaps '127.0.0.1:8119', where the desk listens" + another),
        file(
            "desks on one and on all addresses",
            "station: {id: a}\nlisten: [\"localhost:80\", \"[::1]:80\", \"127.0.0.1:81\"]",
            "2:26: '[::1]:80' overlaps 'localhost:80' of the desk on line 2" + another),
        file(
            "ports on one and on all addresses",
            station(
                free, "tcp: {listen: \"0.0.0.0:5000\"}", "tcp: {listen: \"192.0.2.1:5000\"}",
                "tcp: {listen: \"[::1]:5000\"}", "tcp: {listen: \"0.0.0.0:5001\"}"),
            "5:47: '192.0.2.1:5000' overlaps '0.0.0.0:5000' on line 4" + another),
        file(
            "ports on all addresses of both sorts",
            station(
                free, "udp: {listen: \"[::]:5000\"}", "udp: {listen: \"192.0.2.1:5000\"}",
                "tcp: {listen: \"192.0.2.1:5000\"}"),
            "5:47: '192.0.2.1:5000' overlaps '[::]:5000' on line 4" + another),
        file(
            "one address written in two ways",
            station(
                free, "tcp: {listen: \"[2001:db8::1]:5000\"}",
                "tcp: {listen: \"[2001:DB8:0:0::1]:5000\"}", "tcp: {listen: \"127.1:5000\"}",
                "tcp: {listen: \"[::ffff:127.0.0.1]:5000\"}"),
            "5:47: '[2001:DB8:0:0::1]:5000' overlaps '[2001:db8::1]:5000' on line 4" + another,
            "7:47: '[::ffff:127.0.0.1]:5000' overlaps '127.1:5000' on line 6" + another),
        file(
            "listeners with names",
            station(
                free, "tcp: {listen: \"moxa-2:5000\"}", "udp: {listen: \"192.0.2.300:5000\"}"),
            "4:47: 'moxa-2' is no IP address; a port listens on an address of this machine, "
                + "or on 0.0.0.0 or [::] for all",
            "5:47: '192.0.2.300' is no IP address; a port listens on an address of this machine, "
                + "or on 0.0.0.0 or [::] for all"),
        file(
            "hosts that are none",
            "station: {id: a}\nhosts: [\"desk.example:80\", \"http://a\", \"\"]",
            "2:9: 'desk.example:80' is no value for 'hosts'" + takesHost,
            "2:28: 'http://a' is no value for 'hosts'" + takesHost,
            "2:40: '' is no value for 'hosts'" + takesHost),
    ]
}
