<?php
// PHP's extension on libmemcached, over SASL: php_verbs.php HOST PORT USER PASSWORD. HOST may be the path of a unix socket.

[, $host, $port, $user, $password] = $argv;

function check($holds, $what)
{
    if (!$holds) {
        fwrite(STDERR, "failed: $what\n");
        exit(1);
    }
}

function connect($password)
{
    global $host, $port, $user;
    $client = new Memcached();
    $client->setOption(Memcached::OPT_BINARY_PROTOCOL, true);
    $client->setSaslAuthData($user, $password);
    $client->addServer($host, (int) $port);
    return $client;
}

$client = connect($password);
check($client->set('h:a', 'one'), 'set: ' . $client->getResultMessage());
check($client->get('h:a') === 'one', 'get');
check($client->get('h:missing') === false && $client->getResultCode() === Memcached::RES_NOTFOUND, 'a miss');
check($client->add('h:b', [1, ['two' => null]]), 'add');
check(!$client->add('h:b', 'x'), 'add twice');
check($client->get('h:b') === [1, ['two' => null]], 'flags come back');
check($client->replace('h:b', 'three') && $client->get('h:b') === 'three', 'replace');
check($client->increment('h:n', 2, 40) === 40 && $client->increment('h:n', 2, 40) === 42, 'increment');
check($client->setMulti(['h:c' => 'c', 'h:d' => 'd']), 'several at once');
$many = $client->getMulti(['h:c', 'h:d', 'h:missing']);
check($many === ['h:c' => 'c', 'h:d' => 'd'], 'get several at once');
$entry = $client->get('h:a', null, Memcached::GET_EXTENDED);
check($client->cas($entry['cas'], 'h:a', 'two') && !$client->cas($entry['cas'], 'h:a', 'three'), 'compare and swap');
check($client->touch('h:a', 60) && $client->delete('h:a') && $client->get('h:a') === false, 'touch and delete');
$big = str_repeat('x', 900000);
$client->setOption(Memcached::OPT_COMPRESSION, false);
check($client->set('h:big', $big) && $client->get('h:big') === $big, 'a large value');

if ($host[0] === '/') {
    echo "no login over a unix socket\n";
    exit(0);
}
check(!connect('guess')->set('h:e', 'x'), 'a wrong password');
echo "a wrong password is refused\n";
