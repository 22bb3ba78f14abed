"""What scanners hunt and attackers send: expressions over lower-cased, percent-decoded text.

Facts gathered from logs and advisories. An expression must not match ordinary URLs: an ordinary word (select, union,
manual, login) never counts by itself, and what is right on some site counts only together with the answer.
"""
# ruff: noqa: E501 - expressions, not prose

# ---- paths

STATIC = [
    "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "bmp", "woff", "woff2", "ttf",
    "otf", "eot", "mp3", "mp4", "webm", "ogg", "wav", "m4a", "mov", "avi", "flv", "swf",
]  # fmt: skip

LOGIN = (
    r"/(?:wp-login\.php|administrator/index\.php|xmlrpc\.php|j_security_check|users/sign_in|formlogin|"
    r"(?:[a-z0-9]+[_-])?(?:log|sign)[_-]?(?:in|on)(?:[_-]?(?:form|action|check|process|page|submit|user|post))?"
    r"(?:\.[a-z]{2,5})?|authenticate|session/new)/?$"
)

_ARCHIVE = r"(?:zip|gz|tar|tgz|tar\.gz|rar|7z|bz2|tar\.bz2|sql|sql\.gz|sql\.zip|bak)"

# No visitor ever asks for these; they count whatever the answer was.
PROBE = (
    r"(?:^|/)(?:"
    # files that begin with a dot and should never be served
    r"\.(?:env|git|svn|hg|bzr|cvs|aws|azure|ssh|docker|kube|npmrc|netrc|ht(?:access|passw[or]*d|group)|ds_store|[a-z]+_history|"
    r"history|bashrc|bash_profile|zshrc|profile|rhosts|passwd|pwd|listings?|perf|ftpconfig|s3cfg|pgpass|my\.cnf|boto|idea/|"
    r"vscode/|circleci/|travis\.yml|gitlab-ci|well-known\.)|"
    # content management: setups, uploaded shells, plugins with known holes
    r"wp-config\.[a-z0-9._~]+$|wp-config[._-]?(?:bak|backup|old|save|txt)[^/]*$|wp-admin/(?:install|setup-config)\.php|"
    r"wp-content/(?:uploads|themes|plugins)/(?:[^?]*/)?(?:up_?load[a-z_]*|shell|cmd|[0-9a-f]{5,}|_input_[^/]*)\.ph[a-z0-9]+$|"
    r"wp-file-manager/lib/php/|revslider/temp/|plus/(?:mytag_js|90sec|download)\.php|data/admin/ver\.txt|"
    # frameworks
    r"vendor/(?:phpunit|htmlawed)/|eval-stdin\.php|htmlawedtest\.php|_ignition/|telescope/requests|"
    # routers, cameras, recorders
    r"gponform/|boaform/|hnap1|tmunblock\.cgi|setup\.cgi|goform/|luci/;|system_api\.php|networkdiag\.cgi|videoconfiguration\.cgi|"
    r"hedwig\.cgi|getcfg\.php|picdesc\.xml|wanipcn\.xml|upnpdev|ctrlt/deviceupgrade|stalker_portal/c/|portal/redlion|c/version\.js|"
    r"streaming/clients_live\.php|"
    # application servers, gateways, mail servers
    r"wls-wsat|_async/asyncresponse|coordinatorporttype|invoker/(?:ejb|jmx)|axis2-admin|jmx-console/htmladaptor|jbossmq|"
    r"dialoghandler\.aspx|dana/html5acc|remote/fgt_lang|api/v2/cmdb|autodiscover\.json|mboximport|zimbraadmin|crx/(?:packmgr|de)|"
    r"setupadministrator\.action|server-info\.action|createremoteappwebsession\.php|ztp_gate|cfide/(?:administrator|adminapi|componentutils)|"
    r"catalog-portal/ui|nifi-api|mgmt/tm/util|tmui/|utility/convert|hudson/script|jenkins/script|manager/html/upload|"
    # what scanners leave as their own mark
    r"w00tw00t|muieblackcat|nmaplowercheck|nice ports|trinity\.txt|evox/about|acunetix[-_](?:wvs|invalid)|"
    # keys and secrets
    r"id_[rd]sa(?:$|\.)|authorized_keys$|sftp(?:-config)?\.json$|deployment-config\.json$|phpinfoer?\.php|php-?info\.php|"
    r"cgi-bin/(?:php|test|printenv|bash|status|luci|authlogin|viewlog|jarrewrite|[^?]*\.\.)|"
    # shells left behind by others
    r"(?:c99|r57|c100|r33t|wso[0-9.]*|b374k|alfa(?:cgiapi|shell)?|indoxploit|webshell|shell[0-9]*|leafmailer|payload|"
    r"cmdshell|hacked|xleet|priv8|0day|gel4y|bypass|sh3ll|backdoor|eval)\.(?:php[0-9]?|phtml|aspx?|jsp)$|"
    # copies of secrets and of whole sites
    r"(?:config|settings|configuration|index|database|db)\.(?:php|inc|json|js|ya?ml|ini|xml)[._-]?(?:~|bak|old|orig|save|swp|txt|dist|[0-9])$|"
    rf"(?:back(?:up)?s?|bak|old|restore)/(?:[^/]*\.(?:{_ARCHIVE}|env)|config\.[a-z]+|dump[^/]*|\.[a-z][^/]*)$"
    r")|"
    r"^/(?:sdk/?$|ab2[gh]$|powershell/?$|"
    rf"(?:back-?up|bak|dump|wwwroot|www|web(?:site)?|site|public_html|htdocs|database|db|sql|mysql|full_?backup|archive)\.{_ARCHIVE}$)"
)
# The same, seen in the query only.
PROBE_QUERY = r"^/shell\?|webresource\.axd\?type=rau"

# Tools and leftovers: right where their owner uses them and they answer, a hunt where they refuse, redirect or are
# absent.
HUNTED = (
    r"(?:^|/)(?:"
    # databases through the web
    r"(?:[a-z0-9_-]*php-?my-?admin|my-?admin|pma|phpma|my-?sql-?admin|my-?sql-?manager|sql-?admin|sql-?manager|db-?admin|"
    r"dbweb|webdb|websql|sqlweb|php-?my|phppgadmin|php-?pgadmin|adminer)[0-9a-z._-]*(?:/|\.php|$)|"
    r"(?:mysql|sql|db|admin|database|administrator|tools|web|_)/(?:dbadmin|mysqlmanager|php-?myadmin[^/]*|pma[^/]*|myadmin|"
    r"pmd|sqladmin|sqlmanager|sqlweb|sysadmin|webadmin|webdb|websql|dbweb)(?:/|$)|scripts/setup\.php|"
    # administration of servers and applications
    r"manager/(?:html|text|status|jmxproxy)|host-manager/|solr/|jenkins/|hudson/|scripttext|actuator(?:/|$)|"
    r"server-(?:status|info)/?$|nginx_status|telescope/|_profiler/|_debugbar/|debug/default/|phpinfo|php_info|druid/|nacos/|"
    r"axis2/|jmx-console|web-console/|invoker/|jolokia|dana-na/|global-protect/|\+cscoe\+|logon/logonpoint|webfig|winbox|"
    r"cgi-bin/?$|remote_agent\.php|timthumb\.php|xmlrpc\.php|wlwmanifest\.xml|phpsysinfo|elfinder/|kcfinder/|"
    # leftovers of people at work
    r"web\.config$|appsettings[^/]*\.json$|docker-compose\.ya?ml$|local\.xml$|credentials(?:\.[a-z]+)?$|"
    r"secrets?\.(?:json|ya?ml|txt)$|database\.(?:ya?ml|json|php)$|error_log$|debug\.log$|access\.log$|"
    r"[^/]*\.(?:bak|old|orig|save|swp|swo|sql|sqlite3?|mdb|dump|rar|7z|tgz|tar|bz2|sql\.gz|tar\.gz)$|[^/]+\.[a-z]{2,4}~$|"
    r"\.[a-z0-9_-]"
    r")|"
    # files in the root that nobody links: a copy of everything
    rf"^/[^/]+\.{_ARCHIVE}$"
)
# Ordinary where it is installed. Asked for where it is not (404, 410), somebody hunts it.
ABSENT = (
    r"(?:^|/)(?:"
    r"wp-login\.php|wp-admin(?:/|$)|wp-includes/[^?]*\.(?:php|xml)|wp-content/[^?]*\.php|wp-cron\.php|wp-json/|wordpress/?$|joomla/?$|"
    r"administrator(?:/|$)|user/login/?$|user/register/?$|admin(?:\.php|/index\.php|/login[^/]*)?/?$|bitrix/admin|typo3/|umbraco/|"
    r"sitecore/|magento_version|downloader/?$|fckeditor/|ckfinder/|tiny_?mce/|"
    r"(?:mysql|sql|db|database|tools|web|_)/(?:admin|db|sql|web)(?:/|$)|[^/]*\.cgi$|cgi-bin/|cgi/|"
    r"(?:info|i|pi|test|old|x|a|[0-9]{1,3}|up|upload|uploader|mini|cmd|php|wp|css|content|about|radio|admin|db|shell|asu|sql)\.php$|"
    r"shell/?$|script/?$|console/?$|struts|geoserver/|swagger|api-docs|graphql/?$|grafana/|kibana/|_cat/|_cluster/|v2/_catalog|"
    r"zabbix/|nagios/|cacti/|webmail/|roundcube|squirrelmail|owa/|ecp/|autodiscover/|remote/login|vpn/|citrix/|sslvpn|cpanel/?$|"
    r"whm/|plesk|webmin|ajaxplorer|setup\.php|install\.php|install/index\.php|setup/index\.php|"
    r"config(?:uration)?\.(?:php|json|js|ya?ml|ini|inc|xml|txt|cfg|toml)$|settings\.(?:php|py|json|ya?ml|ini)$|composer\.(?:json|lock)$|"
    r"package(?:-lock)?\.json$|dockerfile$|gemfile$|gruntfile\.js$|readme\.(?:txt|md|html)$|license\.txt$|changelog\.(?:txt|md)$|"
    r"(?:back(?:up)?s?|bak|old|restore)/?$|(?:log|sign)-?in\.(?:php|aspx?|jsp|action|do)$"
    r")"
)

# ---- targets: path and query, decoded, plus signs as spaces

_GAP = r"(?:\s|/\*.*?\*/|[()])"
SQLI = (
    rf"\bunion{_GAP}+(?:all|distinct){_GAP}+select\b|\bunion{_GAP}+select\b[^&]*?(?:,|\bfrom\b|\bnull\b|--|#|\(|'|/\*|=?[0-9])|"
    r"\binformation_schema\b|\bsysobjects\b|\bsyscolumns\b|\bpg_catalog\.|\bpg_sleep\s*\(|\bwaitfor\s+delay\b|"
    r"\bbenchmark\s*\(\s*\d|\bsleep\s*\(\s*\d|\bextractvalue\s*\(|\bupdatexml\s*\(|\bload_file\s*\(|\binto\s+(?:out|dump)file\b|"
    r"\bxp_cmdshell\b|\butl_(?:http|inaddr)\b|\bdbms_(?:pipe|lock)\b|\bgroup_concat\s*\(|\bconcat\s*\(\s*(?:0x|char)|"
    r"\bconvert\s*\(\s*int\b|\bcha?r\s*\(\s*\d+\s*\)|\bord\s*\(\s*mid|\bascii\s*\(\s*substr|@@version|"
    r"""['"]\s*\)*\s*(?:(?:or|and|xor|having|rlike)(?:\s|['"(!-])|\|\||&&)[^=<>&?]{0,60}(?:[=<>]|\s(?:like|in|between)\s*['"(%\d])|"""
    r"""[=/]\s*-?\d+\s*\)*\s+(?:or|and)\s+\(*\d+\s*[=<>]|"""
    r"""['")\d]\s*(?:order|group)\s+by\s+\d+|"""
    r"""['")\d]\s*;\s*(?:drop|insert|update|delete|alter|create|exec|declare|shutdown|select|waitfor)\s|"""
    r"""['"]\s*\)*\s*(?:--(?:\s|$)|/\*|#\s*$)|[=/]-?\d+\s*(?:--\s*(?:$|&)|/\*)|"""
    r"""=\d+['\\]+\)*(?:$|&)|"""
    rf"""['")\d]{_GAP}*\(?\s*select{_GAP}+.*?\bfrom\b|\(\s*select\b[^&]*?(?:\bfrom\b|\()|"""
    r"""\bprocedure\s+analyse\b|\bhaving\s+\d+\s*=|\bcase\s+when\b[^&]*\bthen\b[^&]*\bend\b|\brlike\s+\("""
)
XSS = (
    r"<\s*/?\s*(?:script|img|svg|iframe|frame|frameset|object|embed|applet|body|html|head|title|input|table|td|br|hr|div|span|"
    r"form|style|link|meta|base|video|audio|source|details|marquee|math|xss|layer|bgsound|isindex|textarea|select|button|"
    r"h1|font|plaintext|xml|template|noscript)\b|"
    r"=\s*[\"']?<(?:a|b|i|u|p)(?:[\s/>]|$)|<(?:a|b|i|u|p)[\s/][^=&]{1,40}=|</(?:a|b|i|u|p)>|"
    r"<\s*/?\s*[a-z][a-z0-9]*[^>=&]{0,40}\bon[a-z]{4,20}\s*=|"
    r"[=:'\"(\s](?:java|vb|live)\s*script\s*:[^\s&]|data:text/html|"
    r"""['"\s/;<]on(?:error|load|click|dblclick|mouse[a-z]+|key[a-z]+|focus(?:in)?|blur|toggle|start|submit|change|pointer[a-z]+|"""
    r"""animation[a-z]+|begin|unload|resize|scroll|hashchange|message|wheel|copy|paste)\s*=|"""
    r"\b(?:alert|prompt|confirm)[(`]|\bdocument\s*\.\s*(?:cookie|domain|location|write)\b|\bwindow\s*\.\s*location\b|"
    r"\bstring\s*\.\s*fromcharcode|\bexpression\s*\(|\blocation\s*\.\s*(?:href|replace)\s*[=(]|netsparker\(|\bsrcdoc\s*="
)
TRAVERSAL = (
    r"\.\.[/\\]+(?:[^/\\?&]*[/\\]+)*?\.\.[/\\]|\.\.;/|\.\.\\|(?:^|[/=])\.{3,}[/\\]|"
    r"(?:^|[/\\=:])etc/+(?:passwd|shadow|groups?|hosts|issue|fstab|crontab)(?:$|[^a-z.])|"
    r"\b(?:win|boot)\.ini(?:$|[^a-z])|/proc/(?:self|version|cmdline|[0-9]+)(?:/|$)|\bwindows[/\\]+(?:system32|win\.ini)|"
    r"\bwinnt[/\\]|[/\\](?:web|meta)-inf[/\\]|=\s*file:/|%c0%(?:ae|af)|%c1%(?:9c|1c|af)|%e0%80%ae|%uff0e"
)
# A step up whose dots were encoded, or whose slash was, in the path: nobody writes it so by accident.
PARENT = r"\.\.(?:[/\\]|$)"
HIDDEN_DOTS = r"%(?:25)*2e|%%32|%u00|^[^?]*\.\.%(?:25)*(?:2f|5c)"

_COMMAND = (
    r"(?:wget|curl|chmod|chown|rm|sh|bash|ash|nc|ncat|netcat|ls|id|whoami|echo|busybox|tftp|ftpget|uname|"
    r"ifconfig|ipconfig|netstat|nslookup|printenv|killall|mkfifo|md5sum)"
)
_PROGRAM = r"(?:cat|cd|sleep|ping|perl|python[0-9.]*|php|ruby|ps|pwd|type|dir|net|env|set|kill|touch|cp|mv|base64|head|tail|telnet)"
RCE = (
    # shellshock, log4shell, expressions and templates
    r"\(\s*\)\s*\{|\$\{[^}]*[:@#(\"'*$]|\$\{ifs\}|%\{\s*[#(@]|#\{[^}]*[(:*]|\{\{[^}]*[*(._][^}]*\}\}|\$\(\s*[a-z]|jndi:|"
    # commands behind a separator, in a parameter made for them, or fetching something
    rf"(?:[;|`\n]|&&)\s*(?:/[a-z/]*/)?(?:{_COMMAND}(?:\s+\S|\s*[;|&`<>]|\$\{{ifs\}}|\s*$)|{_PROGRAM}\s+[-/.~$*\"'])|"
    rf"(?:^|[?&;])(?:cmd|command|exec|execute|syscmd|shell)=\s*(?:/[a-z/]*/)?(?:{_COMMAND}(?:[\s;|&]|$)|{_PROGRAM}\s+[-/.~$*\"'])|"
    r"[?&](?:todo=syscmd|syscmd=|shell_exec=|passthru=)|/shell\?\s*(?:cd|wget|curl|cat|ls|id|uname)\b|"
    r"\b(?:wget|curl|tftp|ftpget)\s+(?:-\S+\s+)*(?:https?://|ftp://|[0-9]{1,3}\.[0-9]{1,3}\.)|"
    r"/bin/(?:[a-z]{0,2}sh|busybox|cat|ls|id|echo|uname|nc|ping)(?:[^a-z]|$)|\bcmd(?:\.exe|/c\b)|\bpowershell(?:\.exe|\s+-)|\bcertutil\s+-|"
    # paths that take commands
    r"eval-stdin\.php|gponform/diag_form|wls-wsat/|_ignition/execute-solution|tmunblock\.cgi|"
    # PHP
    r"think[\\/]+app|\binvokefunction\b|\bcall_user_func|php://(?:input|filter)|expect://|phar://|data:[a-z/]+;base64,|"
    r"(?:auto_prepend_file|allow_url_include)\s*=|base64_decode\s*\(|<\?(?:php|=)|globals\[|_request\[|mosconfig_|"
    r"\b(?:passthru|shell_exec|popen|proc_open|phpinfo|print_r|var_dump|eval|file_put_contents|fwrite|fputs|unserialize)\(|"
    r"\b(?:system|exec|assert|md5|die|include|require|print)\(['\"$)0-9]|\b[oa]:[0-9]+:\{?\\?\"[^\"]|"
    r"#post_render|#pre_render|#lazy_builder|element_parents=[^&]*#value|\[#markup\]|"
    r"=\s*(?:https?|ftps?):/+[^&\s]+\.(?:txt|gif|jpe?g|png|php|inc|dat)\?(?:\?|$)|"
    # Java, server-side includes
    r"class\.module\.classloader|java\.lang\.(?:runtime|processbuilder|class|system)|getruntime\(|freemarker\.template\.utility|"
    r"_memberaccess|opensymphony\.(?:xwork|webwork)|@ognl|redirect:\$|<!--#(?:exec|include|echo)"
)

# ---- agents, lower-cased

TOOL_AGENT = (
    r"sqlmap|nikto|dirbuster|gobuster|\bffuf\b|fuzz faster|wfuzz|feroxbuster|dirsearch|\bdirb\b|nuclei|zgrab|masscan|mass scan|\bzmap\b|\bnmap\b|"
    r"wpscan|joomscan|droopescan|acunetix|netsparker|invicti|thc-hydra|\bhydra/|nessus|openvas|greenbone|burp ?suite|w3af|arachni|"
    r"skipfish|whatweb|jaeles|\bhavij\b|morfeus|\bzmeu\b|jorgee|muieblackcat|w00tw00t|l9(?:tcpid|explore|scan)|commix|appscan|webinspect|"
    r"\bparos/|zaproxy|owasp zap|sqlninja|bsqlbf|metasploit|httpx - open-source|interactsh|xsser|padbuster|wapiti|golismero|fimap|"
    r"cmsmap|^report runner$|^hello,? ?world|\bmozi\b|\bgpon\b|kinsing|xfa1|^fuzz|crowbar|patator"
)
# They name themselves and scan everybody: tool-agent and bot.
RESEARCH_AGENT = (
    r"censysinspect|internetmeasurement|internet-measurement|netsystemsresearch|internet census|paloaltonetworks|palo alto networks|"
    r"expanse|research ?scan|shodan|binaryedge|shadowserver|onyphe|netcraft|leakix|qualys|security\.ipip\.net|cloud mapping experiment|project25499|"
    r"odin\.io|criminalip|zoominfobot|cyberresilience|cloudsystemnetworks"
)
SCRIPT_AGENT = (
    r"^(?:lua|php|java|perl|ruby|python|node|dart|rust|winhttp|lwp|got|undici|libcurl|pycurl|curl)\b|\bcurl/|wget|python-|python/|aiohttp|\bhttpx\b|"
    r"go-http-client|go http|libwww|lwp::|java/[0-9]|apache-httpclient|jakarta commons|okhttp|axios|node-fetch|guzzle|mechanize|powershell|"
    r"httpie|postman|insomnia|restsharp|fasthttp|phantomjs|headlesschrome|selenium|puppeteer|playwright|typhoeus|faraday|colly|reqwest|scrapy|"
    r"winhttprequest|microsoft url control|indy library|urlgrabber|httpclient|crawler4j|http_request|^pear |snoopy|^mozilla/[45]\.0$"
)
BOT = (
    r"bot\b|bot[/_;,) -]|robot|crawl|spider|slurp|\bfeed(?:ly|fetcher|burner|parser|reader|s|er)?\b|\brss\b|monitor|uptime|pingdom|statuscake|site24x7|nagios|"
    r"check_http|zabbix|facebookexternalhit|facebookcatalog|whatsapp/|telegram|mediapartners|adsbot|archiver|archive\.org|wayback|w3c_|validator|"
    r"link ?check|checker|bingpreview|yandex|baidu|sogou|ahrefs|semrush|majestic|mj12|screaming frog|google-|googleother|appengine-google|"
    r"google web preview|applebot|petal|bytespider|gptbot|chatgpt|claude|perplexity|\+https?://|\(https?://|; https?://|mod_pagespeed|internal dummy connection|"
    r"letsencrypt|let's encrypt|certbot|wordpress/[0-9]|tiny tiny rss|newsblur|inoreader|liferea|akregator|universalfeedparser|simplepie|magpierss|"
    r"netvibes|bloglines|newsgator|sage\+\+|heritrix|nutch|ia_archiver|ltx71"
)
# Headers that carry an attack: shellshock, log4shell, object injection.
HOSTILE_HEADER = r"\(\s*\)\s*\{|\$\{[^}]*[:@#(]|jndi:|\b[oa]:[0-9]+:\{?\\*\"|<\?php|;\s*(?:wget|curl)\s|/bin/(?:ba)?sh|\beval\s*\(|base64_decode"
