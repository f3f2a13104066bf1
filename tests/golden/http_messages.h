/* http_messages.h - requests from RFC 9112 and 9110 (their examples, with a device's paths) and what becomes of them. */
#ifndef MR_TEST_HTTP_MESSAGES_H
#define MR_TEST_HTTP_MESSAGES_H

#include "support/test.h"

#include "proto/http/http_client.h"
#include "proto/http/http_logins.h"
#include "proto/http/http_server.h"

struct http_good {
    const char *request;
    enum mr_http_method method;
    const char *path, *query, *body;
    bool keep;
};

static const struct http_good http_good[] = {
    /* RFC 9112, section 2.1, 3.2.1 and 3.2.2 */
    {"GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n",
     MR_HTTP_GET, "/hello.txt", "", "", true},
    {"GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n", MR_HTTP_GET, "/where", "q=now", "", true},
    {"GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n", MR_HTTP_GET,
     "/pub/WWW/TheProject.html", "", "", true},
    /* RFC 9112, section 9.3: persistence */
    {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", MR_HTTP_GET, "/", "", "", false},
    {"GET / HTTP/1.1\r\nHost: x\r\nConnection: TE , Close\r\n\r\n", MR_HTTP_GET, "/", "", "", false},
    {"GET / HTTP/1.1\r\nHost: x\r\nConnection: TE\r\nConnection: close\r\n\r\n", MR_HTTP_GET, "/", "", "", false},
    {"GET / HTTP/1.0\r\n\r\n", MR_HTTP_GET, "/", "", "", false},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", MR_HTTP_GET, "/", "", "", true},
    {"GET / HTTP/1.7\r\nHost: x\r\n\r\n", MR_HTTP_GET, "/", "", "",
     true}, /* RFC 9110, section 2.5: a higher minor version is ours */
    /* RFC 9112, section 2.2: an empty line before; 5.1: white space around a value; empty Host */
    {"\r\nGET / HTTP/1.1\r\nHost:\r\nX:\t a b \t\r\n\r\n", MR_HTTP_GET, "/", "", "", true},
    {"HEAD /a%20b/%E6%B0%B4?x=%31&y HTTP/1.1\r\nHost: x\r\n\r\n", MR_HTTP_HEAD, "/a b/\xE6\xB0\xB4", "x=%31&y", "", true},
    {"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\nuser=admin&password=1", MR_HTTP_POST, "/login", "",
     "user=admin&password=1", true},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", MR_HTTP_POST, "/", "", "", true},
    /* RFC 9112, section 7.1: chunks, with an extension and a trailer */
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n4\r\nWiki\r\n5;a=b\r\npedia\r\n00E\r\n "
     "in\r\n\r\nchunks.\r\n0\r\n"
     "X-Sum: 1\r\n\r\n",
     MR_HTTP_POST, "/", "", "Wikipedia in\r\n\r\nchunks.", true},
    {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", MR_HTTP_GET, "/", "", "hi", true},
};
#define HTTP_GOOD (sizeof http_good / sizeof http_good[0])

static const struct {
    const char *request;
    int status;
} http_bad[] = {
    {"GET /\r\n\r\n", 400},                      /* HTTP/0.9 */
    {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400}, /* two spaces */
    {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},                       /* RFC 9112, section 3.2: no Host */
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400}, /* two */
    {"GET / HTTP/1.1\nHost: x\n\n", 400},                  /* bare LF */
    {"GET / HTTP/1.1\r\nHost: x\rY: z\r\n\r\n", 400},      /* bare CR */
    {"GET /a\rb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400}, /* section 5.2: folded */
    {"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400}, /* section 5.1: space before the colon */
    {"GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\r\nX: \x01\r\n\r\n", 400},
    {"GET example.org HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET http://example.org HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /%0 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET / HTTX/1.1\r\nHost: x\r\n\r\n", 400},
    {"\x16\x03\x01\x02", 400}, /* a TLS hello */
    /* RFC 9112, section 6.3 and 11.2: smuggling */
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\nab\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n12345678\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n X: y\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4097\r\n\r\n", 413},
    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n", 413},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: magic\r\n\r\n", 417},
    {"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"get / HTTP/1.1\r\nHost: x\r\n\r\n", 501}, /* methods are case-sensitive */
    {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
};
#define HTTP_BAD (sizeof http_bad / sizeof http_bad[0])

#endif
