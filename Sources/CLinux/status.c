#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x00001000U
#endif

static int64_t nanoseconds(struct statx_timestamp time) {
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int hark_status(int directory, const char *name, int follow, struct hark_file_status *status) {
  struct statx found;
  int flags = AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
  if (name[0] == '\0') flags |= AT_EMPTY_PATH;
  if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_MNT_ID, &found) != 0) return errno;
  memset(status, 0, sizeof *status);
  status->mode = found.stx_mode;
  status->device = makedev(found.stx_dev_major, found.stx_dev_minor);
  status->inode = found.stx_ino;
  status->size = (int64_t)found.stx_size;
  status->modified_nanoseconds = nanoseconds(found.stx_mtime);
  status->changed_nanoseconds = nanoseconds(found.stx_ctime);
  status->mount = found.stx_mask & STATX_MNT_ID ? found.stx_mnt_id : 0;
  status->links = found.stx_nlink;
  status->owner = found.stx_uid;
  return 0;
}

int hark_file_system(int descriptor, struct hark_file_system *system) {
  struct statfs found;
  if (fstatfs(descriptor, &found) != 0) return errno;
  memset(system, 0, sizeof *system);
  system->type = (uint64_t)(uint32_t)found.f_type;
  memcpy(&system->identifier, &found.f_fsid, sizeof system->identifier);
  system->block_count = (uint64_t)found.f_blocks;
  return 0;
}
