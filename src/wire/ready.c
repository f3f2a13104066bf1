/* ready.c - the site as one JSON object on one line, for whoever drives us (`millrace live --json`). */
#include "wire/wireproc.h"

#include <string.h>

static void print_text(FILE *to, const char *text)
{
    (void)fputc('"', to);
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            (void)fprintf(to, "\\%c", *p);
        } else if ((unsigned char)*p < 0x20) {
            (void)fprintf(to, "\\u%04x", (unsigned char)*p);
        } else {
            (void)fputc(*p, to);
        }
    }
    (void)fputc('"', to);
}

static void print_ip(FILE *to, uint32_t ip)
{
    (void)fprintf(to, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static void print_service(const struct mr_wireproc *w, const struct mr_service *s, bool first, FILE *to)
{
    (void)fprintf(to, "%s{\"protocol\":", first ? "" : ",");
    print_text(to, s->name);
    (void)fprintf(to, ",\"port\":%u,\"transport\":\"%s\"", s->port, s->proto == MR_FW_UDP ? "udp" : "tcp");
    if (w->opt->network == MR_WIRE_LOOPBACK) {
        (void)fprintf(to, ",\"entry\":\"");
        print_ip(to, mr_sockets_entry_ip(w->hello->topology.nodes[s->node].ip));
        (void)fprintf(to, ":%u\"", s->port + w->opt->port_offset);
    }
    (void)fputc('}', to);
}

static void print_node(const struct mr_wireproc *w, uint16_t i, FILE *to)
{
    const struct mr_node *n = &w->hello->topology.nodes[i];
    (void)fprintf(to, "%s{\"name\":", i > 0 ? "," : "");
    print_text(to, n->name);
    (void)fprintf(to, ",\"address\":\"");
    print_ip(to, n->ip);
    (void)fprintf(to, "\",\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"zone\":", n->mac[0], n->mac[1], n->mac[2], n->mac[3],
                  n->mac[4], n->mac[5]);
    print_text(to, w->hello->topology.zones[n->zone].name);
    if (n->device < w->hello->ndevices) {
        (void)fprintf(to, ",\"kind\":");
        print_text(to, w->hello->devices[n->device].kind);
    }
    (void)fprintf(to, ",\"services\":[");
    bool first = true;
    for (uint32_t s = 0; s < w->hello->nservices; s++) {
        if (w->hello->services[s].node == i) {
            print_service(w, &w->hello->services[s], first, to);
            first = false;
        }
    }
    (void)fprintf(to, "]}");
}

void mr_wireproc_print_site(const struct mr_wireproc *w, FILE *to)
{
    (void)fprintf(to, "{\"site\":");
    print_text(to, w->hello->site);
    (void)fprintf(to, ",\"scenario\":");
    print_text(to, w->hello->scenario);
    (void)fprintf(to, ",\"network\":\"%s\",\"devices\":[", w->opt->network == MR_WIRE_NETNS ? "netns" : "loopback");
    for (uint16_t i = 0; i < w->hello->topology.nnodes; i++) {
        print_node(w, i, to);
    }
    (void)fprintf(to, "]}\n");
}
