// The least that any program does that holds many connections: one epoll, one buffer, nothing kept
// for a connection but its descriptor.
#include "CBaselines.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern int accept4(int, struct sockaddr *, socklen_t *, int);

static void serve(int listener, volatile uint32_t *held, volatile uint64_t *bytes) {
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
    static char buffer[65536];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        const int count = epoll_wait(epoll, ready, 256, -1);
        for (int index = 0; index < count; index++) {
            const int source = ready[index].data.fd;
            if (source != listener) {
                const ssize_t length = read(source, buffer, sizeof buffer);
                if (length > 0) *bytes += (uint64_t)length;
                if (length == 0) close(source);
                continue;
            }
            const int taken = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (taken < 0) continue;
            event.data.fd = taken;
            epoll_ctl(epoll, EPOLL_CTL_ADD, taken, &event);
            *held += 1;
        }
    }
}

struct baseline_holder baseline_hold(void) {
    struct baseline_holder holder = {.process = -1};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&address, &length))
        return holder;
    struct { uint64_t bytes; uint32_t held; } *shared = mmap(
        NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return holder;
    holder.port = ntohs(address.sin_port);
    holder.bytes = &shared->bytes;
    holder.held = &shared->held;
    holder.process = fork();
    if (holder.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener, &shared->held, &shared->bytes);
    }
    close(listener);
    return holder;
}

void baseline_release(struct baseline_holder holder) {
    kill(holder.process, SIGKILL);
    waitpid(holder.process, NULL, 0);
}
