#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int hark_send(int socket, const void *bytes, size_t count, int descriptor) {
  struct iovec part = {(void *)bytes, count};
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  }
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) return errno;
  return (size_t)sent == count ? 0 : EMSGSIZE;
}

int hark_receive(int socket, void *bytes, size_t capacity, size_t *count, int *descriptor) {
  *count = 0;
  *descriptor = -1;
  struct iovec part = {bytes, capacity};
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  // Room for more than one, so that surplus descriptors are seen and closed rather than leaked.
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t received;
  do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (received < 0 && errno == EINTR);
  if (received < 0) return errno;

  int found = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t attached = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < attached; i++) {
      int one;
      memcpy(&one, CMSG_DATA(header) + i * sizeof(int), sizeof one);
      if (found++ == 0) *descriptor = one;
      else close(one);
    }
  }
  if (found > 1 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    if (*descriptor >= 0) close(*descriptor);
    *descriptor = -1;
    return EMSGSIZE;
  }
  *count = (size_t)received;
  return 0;
}

int hark_peer_of(int socket, struct hark_peer *peer, gid_t *groups, size_t *count) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return errno;
  peer->process = credentials.pid;
  peer->user = credentials.uid;
  peer->group = credentials.gid;
  length = (socklen_t)(*count * sizeof(gid_t));
  int failure = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0 ? errno : 0;
  if (failure == 0 || failure == ERANGE) *count = length / sizeof(gid_t);
  return failure;
}
