/* nft.h - loads rules with nftables' own program nft(8), in a network namespace of the caller's choice. */
#ifndef MR_WIRE_NFT_H
#define MR_WIRE_NFT_H

#include "base/bytes.h"
#include "base/err.h"

#include <sys/types.h>

/* Starts `nft -f` with the text in namespace `netns`; its exit status is for waitpid(). -1 where it cannot be started. */
pid_t mr_nft_start(int netns, struct mr_slice text);
/* The same, waiting for it. MR_E_NOT_FOUND where there is no nft on this machine. */
enum mr_err mr_nft_load(int netns, struct mr_slice text);

#endif
