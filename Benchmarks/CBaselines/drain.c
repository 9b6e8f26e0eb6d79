#define _GNU_SOURCE
#include "CBaselines.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static double thread_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct baseline_drained baseline_drain(const int *descriptors, size_t count, uint64_t expected) {
    struct baseline_drained drained = {0, 0};
    double began = thread_seconds();
    int epoll = epoll_create1(EPOLL_CLOEXEC), is_open = 1;
    for (size_t index = 0; index < count; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptors[index]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptors[index], &event);
    }
    while (drained.bytes < expected && is_open) {
        struct epoll_event ready[64];
        char bytes[65536];
        int found = epoll_wait(epoll, ready, 64, 5000);
        is_open = found > 0;
        for (int index = 0; index < found; index++) {
            ssize_t length = read(ready[index].data.fd, bytes, sizeof bytes);
            if (length > 0) drained.bytes += (uint64_t)length;
            else if (length == 0 || errno != EAGAIN) is_open = 0;
        }
    }
    close(epoll);
    drained.cpu_seconds = thread_seconds() - began;
    return drained;
}
