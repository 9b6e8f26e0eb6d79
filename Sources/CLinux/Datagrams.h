// One datagram in and its answer out, with what the control messages carry: the local address that
// the datagram was sent to, so that the answer comes from there, and the kernel's count of losses.
#pragma once

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

// The headers declare these for GNU sources only.
#define LINUX_IPV6_RECVPKTINFO 49
#define LINUX_IPV6_PKTINFO 50
#define LINUX_SO_RXQ_OVFL 40
struct linux_in_pktinfo {
    int ipi_ifindex;
    struct in_addr ipi_spec_dst, ipi_addr;
};
struct linux_in6_pktinfo {
    struct in6_addr ipi6_addr;
    unsigned int ipi6_ifindex;
};

// Who sent a datagram, and which address of this machine it was sent to.
struct linux_datagram_route {
    struct sockaddr_storage peer;
    socklen_t peer_length;
    int has_local4, has_local6;
    struct linux_in_pktinfo local4;
    struct linux_in6_pktinfo local6;
};

// Asks for the control messages below. IPV6_PKTINFO also comes for IPv4 peers of an IPv6 socket.
static inline void linux_ask_for_routes(int socket, int family) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, LINUX_SO_RXQ_OVFL, &on, sizeof on);
    if (family == AF_INET6)
        setsockopt(socket, IPPROTO_IPV6, LINUX_IPV6_RECVPKTINFO, &on, sizeof on);
    else
        setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

// The bytes of the next datagram, or -1. `lost` is set when the kernel has dropped any so far.
static inline ssize_t linux_receive_datagram(
    int socket, void *buffer, size_t size, struct linux_datagram_route *route, uint32_t *lost) {
    _Alignas(struct cmsghdr) char control[256];
    struct iovec part = {buffer, size};
    struct msghdr message = {
        .msg_name = &route->peer, .msg_namelen = sizeof route->peer, .msg_iov = &part,
        .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    const ssize_t count = recvmsg(socket, &message, 0);
    if (count < 0) return -1;
    route->peer_length = message.msg_namelen;
    route->has_local4 = route->has_local6 = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == LINUX_SO_RXQ_OVFL) {
            memcpy(lost, CMSG_DATA(c), sizeof *lost);
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&route->local4, CMSG_DATA(c), sizeof route->local4);
            route->has_local4 = 1;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == LINUX_IPV6_PKTINFO) {
            memcpy(&route->local6, CMSG_DATA(c), sizeof route->local6);
            route->has_local6 = 1;
        }
    }
    return count;
}

// Sends one datagram back along the route. The way out is the routing table's choice, except for
// link-local addresses, which name nothing without their interface.
static inline ssize_t linux_send_datagram(
    int socket, const void *bytes, size_t count, const struct linux_datagram_route *route) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct linux_in6_pktinfo))] = {0};
    struct iovec part = {(void *)bytes, count};
    struct msghdr message = {
        .msg_name = (void *)&route->peer, .msg_namelen = route->peer_length, .msg_iov = &part,
        .msg_iovlen = 1};
    if (route->has_local4 || route->has_local6) {
        struct cmsghdr *c = (struct cmsghdr *)control;
        message.msg_control = control;
        if (route->has_local6) {
            struct linux_in6_pktinfo local = route->local6;
            if (!IN6_IS_ADDR_LINKLOCAL(&local.ipi6_addr)) local.ipi6_ifindex = 0;
            *c = (struct cmsghdr){CMSG_LEN(sizeof local), IPPROTO_IPV6, LINUX_IPV6_PKTINFO};
            memcpy(CMSG_DATA(c), &local, sizeof local);
            message.msg_controllen = CMSG_SPACE(sizeof local);
        } else {
            // The address to send from; the one that the datagram was addressed to may be a
            // broadcast, from which nothing can be sent.
            struct linux_in_pktinfo local = {.ipi_spec_dst = route->local4.ipi_spec_dst};
            *c = (struct cmsghdr){CMSG_LEN(sizeof local), IPPROTO_IP, IP_PKTINFO};
            memcpy(CMSG_DATA(c), &local, sizeof local);
            message.msg_controllen = CMSG_SPACE(sizeof local);
        }
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
